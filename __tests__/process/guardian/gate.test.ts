import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { processEntry } from '../../../src/process/os/process-identity';
import { eventually } from '../../support/eventually';
import { endScriptsAfterEach, startScript, type NodeScript } from '../node-script';
import { ownPlaces } from '../../support/own-places';

const places = ownPlaces();
endScriptsAfterEach();

/** A process that spawns a gated server, prints its number, and then does what `then` says with `gated`. */
function gating(command: string, args: string[], then: string): NodeScript {
  const request = {
    ...{
      id: 'server-1',
      resourceId: 'fake:a#1',
      command,
      args,
      env: { PATH: process.env['PATH'], OWN: 'kept' },
    },
    ...{ cwd: places.directory, logFile: join(places.directory, 'server.log'), graceMs: 100 },
  };
  return startScript(
    `const { spawnGated } = require('#process/guardian/gate');
    spawnGated(${JSON.stringify(request)}, 'abc').then((gated) => {
      console.log('gate ' + gated.identity.pid + ' ' + gated.identity.startTime);
      gated.child.once('exit', (code, signal) => console.log('exit ' + (code ?? signal)));
      ${then}
    }, (error) => console.log('refused ' + error.code));`,
    places.env,
  );
}

const log = (): string => readFileSync(join(places.directory, 'server.log'), 'utf8');

describe('a gated server', () => {
  it('never runs if the guardian dies before it says go', async () => {
    const script = gating('/bin/sh', ['-c', 'echo ran > ran'], `process.kill(process.pid, 'SIGKILL');`);
    const pid = Number((await script.printed(/gate (\d+)/))[1]);
    expect(await script.ended).toBe('SIGKILL');
    await eventually(() => processEntry(pid)?.isZombie !== false);
    expect(existsSync(join(places.directory, 'ran'))).toBe(false);
  });

  it('does not run before the word, however long it takes', async () => {
    const script = gating(
      '/bin/sh',
      ['-c', 'echo ran > ran'],
      `process.once('SIGUSR2', () => gated.open()); setInterval(() => undefined, 1000); console.log('waiting');`,
    );
    const pid = Number((await script.printed(/gate (\d+)/))[1]);
    await script.printed(/waiting/);
    // The shell sleeps in its read.
    await eventually(() => isWaiting(pid));
    expect(existsSync(join(places.directory, 'ran'))).toBe(false);
    script.child.kill('SIGUSR2');
    await script.printed(/exit 0/);
    expect(existsSync(join(places.directory, 'ran'))).toBe(true);
  });

  it('is the very process that waited: its number, its start time, leader of its own group and session', async () => {
    const script = gating('/bin/sh', ['-c', 'echo $$; cat /proc/$$/stat; exec sleep 600'], 'gated.open();');
    const [, pid, startTime] = await script.printed(/gate (\d+) (\d+)/);
    await eventually(() => log().includes('\n') && log().split('\n').length > 2);
    const [own, stat] = log().split('\n');
    expect(own).toBe(pid);
    const fields = stat!.slice(stat!.lastIndexOf(')') + 2).split(' ');
    expect(fields.slice(2, 4)).toEqual([pid, pid]);
    expect(fields[19]).toBe(startTime);
    process.kill(Number(pid), 'SIGKILL');
    await script.printed(/exit SIGKILL/);
  });

  it('gets its arguments, variables and directory as they are, and a mark of its session and its own', async () => {
    const program = `console.log(JSON.stringify([process.argv.slice(1), process.env.OWN, process.env.JEST_MODEL_PROVIDER_PROCESS, process.cwd()]))`;
    const args = ['a b', '', '$HOME', '"quoted"', "it's", '*', '-n', 'line\nbreak'];
    const script = gating(process.execPath, ['-e', program, '--', ...args], 'gated.open();');
    await script.printed(/exit 0/);
    expect(JSON.parse(log())).toEqual([args, 'kept', 'abc/server-1', places.directory]);
  });

  it('has no descriptor of the gate or the guardian', async () => {
    const list = ['-c', 'ls /proc/self/fd'];
    const script = gating('/bin/sh', list, 'gated.open();');
    await script.printed(/exit 0/);
    // The variables that this test itself has inherited are there too.
    expect(log()).toBe(execFileSync('/bin/sh', list, { encoding: 'utf8' }));
  });

  it('writes to a log that only its owner can read', async () => {
    const script = gating('/bin/sh', ['-c', 'echo out; echo error >&2'], 'gated.open();');
    await script.printed(/exit 0/);
    expect(log()).toBe('out\nerror\n');
    expect(statSync(join(places.directory, 'server.log')).mode & 0o777).toBe(0o600);
  });

  it('ends as a shell does when the program cannot be run', async () => {
    const script = gating('/no/such/program', [], 'gated.open();');
    await script.printed(/exit 127/);
    expect(log()).toContain('/no/such/program');
  });
});

function isWaiting(pid: number): boolean {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).startsWith('S');
}
