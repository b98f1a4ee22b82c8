import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerProcess } from '../../../dist/src/pattern/resource-context';
import { ServerLauncher } from '../../../dist/src/process/guardian/server-launcher';
import { Ledger } from '../../../src/process/ledger/ledger';
import type { LedgerEntry } from '../../../src/process/ledger/ledger-entry';
import { groupMembers } from '../../../src/process/os/process-group';
import { eventually } from '../../support/eventually';
import { ownPlaces } from '../../support/own-places';

const places = ownPlaces();
const ledger = (): Ledger => new Ledger(join(places.state, 'abc.jsonl'));
const servers: ServerProcess[] = [];
let launcher: ServerLauncher;

beforeEach(() => {
  const directory = join(places.temporary, 'jmp-abc');
  mkdirSync(directory);
  launcher = new ServerLauncher({ session: 'abc', ledger: ledger().path, directory });
});

afterEach(async () => {
  await launcher.close();
  expect(servers.splice(0).flatMap(({ pid }) => groupMembers(pid))).toEqual([]);
});

/** Starts a shell script, and waits until it has printed "up". */
async function launch(script: string, graceMs = 600_000): Promise<ServerProcess> {
  const args = ['-c', script];
  const server = await launcher.launch({ command: '/bin/sh', args, graceMs }, 'fake:a#1', places.directory);
  servers.push(server);
  await eventually(() => server.logTail().includes('up'));
  return server;
}

function guardians(): LedgerEntry[] {
  return existsSync(ledger().path)
    ? ledger()
        .read()
        .filter(({ type }) => type === 'guardian')
    : [];
}

const quiet = 'echo up; exec sleep 600';
const stubborn = `trap 'echo no' TERM; echo up; while :; do sleep 0.02; done`;
// Ends only when it is asked for the second time, and not at once: who waits for its "no" needs no limit of time.
const reluctant = `trap 'echo no; trap "sleep 0.2; exit" TERM' TERM; echo up; while :; do sleep 0.02; done`;

function killGuardian(): void {
  const entry = ledger()
    .read()
    .findLast((line) => line.type === 'guardian');
  if (entry?.type !== 'guardian') throw new Error('there is no guardian');
  process.kill(entry.guardian.pid, 'SIGKILL');
}

describe('the launcher', () => {
  it('starts a guardian with the first server only', async () => {
    expect(launcher.isGuarded).toBe(false);
    expect(existsSync(ledger().path)).toBe(false);
    await Promise.all([launch(quiet), launch(quiet)]);
    expect(launcher.isGuarded).toBe(true);
    expect(guardians()).toHaveLength(1);
  });

  it('starts the guardian earlier where a server is expected, and that one launches it', async () => {
    launcher.expectServer();
    expect(launcher.isGuarded).toBe(true);
    await eventually(() => guardians().length === 1);
    await launch(quiet);
    expect(guardians()).toHaveLength(1);
  });

  it('has ended every server when it is closed, and removed the files', async () => {
    const pids = [(await launch(quiet)).pid, (await launch(stubborn, 100)).pid];
    await launcher.close();
    expect(pids.flatMap(groupMembers)).toEqual([]);
    expect(existsSync(ledger().path)).toBe(false);
  });

  it('stops a server as often as it is asked to', async () => {
    const server = await launch(quiet);
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
    expect(groupMembers(server.pid)).toEqual([]);
  });

  it('gives each server a log of its own', async () => {
    const [first, second] = [await launch('echo up; echo first'), await launch('echo up; echo second')];
    await Promise.all([first.exited, second.exited]);
    expect(first.logTail()).toEqual(['up', 'first']);
    expect(second.logTail()).toEqual(['up', 'second']);
    expect(readFileSync(join(places.directory, 'server-1.log'), 'utf8')).toBe('up\nfirst\n');
  });

  it('says that there is no such directory to run in', async () => {
    const options = { command: '/bin/sh', args: [], cwd: '/no/such/place' };
    await expect(launcher.launch(options, 'fake:a#1', places.directory)).rejects.toMatchObject({
      code: 'SETUP_FAILED',
      message: 'The server cannot run in /no/such/place: there is no such directory.',
    });
  });

  it('says what the guardian refuses', async () => {
    const refused = launcher.launch({ command: '/bin/sh', args: [] }, 'fake:a#1', '/no/such/place');
    await expect(refused).rejects.toMatchObject({
      code: 'SETUP_FAILED',
      message: expect.stringMatching(/^The guardian refused: .*ENOENT/) as string,
    });
  });
});

describe('when the guardian is killed', () => {
  it('its servers are ended, and reported as ended', async () => {
    const server = await launch(quiet);
    killGuardian();
    expect(await server.exited).toEqual({ code: null, signal: null });
    await eventually(() => groupMembers(server.pid).length === 0);
  });

  it('a stop at that very moment resolves only when the server is gone', async () => {
    const server = await launch(stubborn, 300);
    killGuardian();
    // Before this process has noticed: the pipe is broken, the exit is not known yet.
    await server.stop();
    expect(groupMembers(server.pid)).toEqual([]);
  });

  it('a stop under way resolves only when the server is gone', async () => {
    const server = await launch(reluctant);
    const stop = server.stop();
    await eventually(() => server.logTail().includes('no'));
    killGuardian();
    await stop;
    expect(groupMembers(server.pid)).toEqual([]);
  });

  it('a close under way resolves only when every server is gone', async () => {
    const server = await launch(reluctant);
    const close = launcher.close();
    await eventually(() => server.logTail().includes('no'));
    killGuardian();
    await close;
    expect(groupMembers(server.pid)).toEqual([]);
  });

  it('a close at that very moment resolves only when every server is gone', async () => {
    const server = await launch(stubborn, 300);
    killGuardian();
    await launcher.close();
    expect(groupMembers(server.pid)).toEqual([]);
  });

  it('the next server gets a new one', async () => {
    const lost = await launch(quiet);
    killGuardian();
    await lost.exited;
    const server = await launch(quiet);
    expect(groupMembers(server.pid)).toHaveLength(1);
    await server.stop();
    expect(
      ledger()
        .read()
        .filter(({ type }) => type === 'guardian'),
    ).toHaveLength(2);
  });
});
