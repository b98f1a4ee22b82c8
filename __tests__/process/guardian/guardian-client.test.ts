import { processEntry } from '../../../src/process/os/process-identity';
import { eventually } from '../../support/eventually';
import { endScriptsAfterEach, startScript, type NodeScript } from '../node-script';
import { ownPlaces } from '../../support/own-places';

const places = ownPlaces();
endScriptsAfterEach();

/** A process with its own session, whose `session.launch(script)` starts a shell as a server. */
function session(body: string): NodeScript {
  return startScript(
    `const { SessionFiles } = require('#session/broker/session-files');
    const { startGuardian } = require('#process/guardian/guardian-client');
    const { join } = require('node:path');
    (async () => {
      const { files } = await SessionFiles.create();
      const guardian = await startGuardian(files.guardianOptions, () => console.log('guardian lost'));
      console.log('guardian ' + guardian.pid);
      let count = 0;
      const launch = async (script, graceMs = 600_000) => {
        const id = 'server-' + ++count;
        const logFile = join(files.directory, id + '.log');
        const { pid } = await guardian.launch(
          { id, resourceId: 'fake:a#' + count, command: '/bin/sh', args: ['-c', script], env: {}, cwd: '/', logFile, graceMs },
          (exit) => console.log('exit ' + id + ' ' + JSON.stringify(exit)),
        );
        console.log('server ' + pid);
        return id;
      };
      ${body}
    })().catch((error) => console.log('failed ' + error.code + ': ' + error.message));`,
    places.env,
  );
}

const isGone = (pid: number): boolean => processEntry(pid)?.isZombie !== false;

async function pidsOf(script: NodeScript): Promise<number[]> {
  const [, server] = await script.printed(/server (\d+)/);
  const [, guardian] = await script.printed(/guardian (\d+)/);
  return [Number(guardian), Number(server)];
}

describe('a guardian’s client', () => {
  it('never keeps its process alive: a script that starts a server and returns ends by itself, and leaves nothing', async () => {
    const script = session(`await launch('exec /bin/sleep 600');`);
    const pids = await pidsOf(script);
    expect(await script.ended).toBe(0);
    await eventually(() => pids.every(isGone) && places.left().length === 0);
  });

  it('does not let its process end in the middle of a call', async () => {
    const script = session(
      `const id = await launch('trap "" TERM; echo up; while :; do /bin/sleep 0.02; done', 300);
      // What comes before its trap ends it politely.
      const log = join(files.directory, id + '.log');
      while (!require('node:fs').readFileSync(log, 'utf8').includes('up')) await new Promise((resolve) => setTimeout(resolve, 5));
      console.log('stopped ' + JSON.stringify(await guardian.stop(id)));`,
    );
    expect(await script.ended).toBe(0);
    expect(script.output()).toContain('stopped {"forced":true,"survivors":[]}');
  });

  (process.platform === 'linux' ? it : it.skip)(
    'is refused, with the reason, what cannot be recorded on a full disk, and nothing of it begins',
    async () => {
      const script = session(
        `const full = join(files.directory, 'full.jsonl');
        require('node:fs').symlinkSync('/dev/full', full);
        const late = await startGuardian({ ...files.guardianOptions, ledger: full }, () => undefined);
        const request = { resourceId: 'fake:a#1', command: '/bin/sh', args: ['-c', 'echo begun'], env: {}, cwd: '/', graceMs: 0 };
        const refusal = await late.launch({ ...request, id: 's', logFile: join(files.directory, 's.log') }, () => undefined).catch((error) => error);
        console.log(refusal.code + ' ' + refusal.message);
        console.log('there still: ' + require('node:fs').existsSync(files.directory));
        await guardian.close();
        await late.close();`,
      );
      expect(await script.ended).toBe(0);
      expect(script.output()).toMatch(
        /^CONFIG_INVALID The ledger \S+full\.jsonl cannot be written: no space is left on the disk \(ENOSPC\)\. XDG_STATE_HOME is /m,
      );
      expect(script.output()).toContain('there still: true');
      await eventually(() => places.left().length === 0);
    },
  );

  it('tells once how a server ended', async () => {
    const script = session(`await launch('exit 7'); setInterval(() => undefined, 1000);`);
    await script.printed(/exit server-1 {"code":7,"signal":null}/);
    script.child.kill('SIGKILL');
    await script.ended;
    expect(script.output().match(/exit server-1/g)).toHaveLength(1);
    await eventually(() => places.left().length === 0);
  });

  it('has ended every server when its close resolves', async () => {
    const script = session(
      `await launch('trap "" TERM; while :; do /bin/sleep 0.02; done', 100);
      await launch('exec /bin/sleep 600');
      await guardian.close();
      console.log('closed ' + require('#process/os/process-group').groupMembers(guardian.pid).length);`,
    );
    expect(await script.ended).toBe(0);
    expect(script.output()).toContain('closed 0');
    expect(script.output()).not.toContain('guardian lost');
    expect(places.left()).toEqual([]);
  });

  it('reports the guardian’s death, and with it the end of every server', async () => {
    const script = session(
      `await launch('exec /bin/sleep 600'); setInterval(() => undefined, 1000); process.once('SIGUSR2', () => launch('exit 0').catch((error) => console.log(error.code)));`,
    );
    const [guardian, server] = await pidsOf(script);
    process.kill(guardian!, 'SIGKILL');
    await script.printed(/guardian lost/);
    await script.printed(/exit server-1 {"code":null,"signal":null,"note":"which was ended by SIGKILL"}/);
    script.child.kill('SIGUSR2');
    await script.printed(/GUARDIAN_LOST/);
    process.kill(server!, 'SIGKILL');
  });

  it.each(['SIGKILL', 'SIGTERM', 'SIGHUP'] as const)(
    'needs no farewell: %s of its process ends every server',
    async (signal) => {
      const script = session(`await launch('exec /bin/sleep 600'); setInterval(() => undefined, 1000);`);
      const pids = await pidsOf(script);
      script.child.kill(signal);
      await script.ended;
      await eventually(() => pids.every(isGone) && places.left().length === 0);
    },
  );
});
