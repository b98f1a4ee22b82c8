import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SilenceLimits } from '../../../dist/src/process/guardian/answer-watch';
import type { ServerProcess } from '../../../dist/src/pattern/resource-context';
import { ServerLauncher } from '../../../dist/src/process/guardian/server-launcher';
import { Ledger } from '../../../src/process/ledger/ledger';
import type { LedgerEntry } from '../../../src/process/ledger/ledger-entry';
import { groupMembers } from '../../../src/process/os/process-group';
import { processEntry } from '../../../src/process/os/process-identity';
import { eventually } from '../../support/eventually';
import { ownPlaces } from '../../support/own-places';

// Of this file alone: its processes are found by the session's name, wherever they are.
const abc = `abc${process.pid}`;

const places = ownPlaces();
const ledger = (): Ledger => new Ledger(join(places.state, `${abc}.jsonl`));
const servers: ServerProcess[] = [];
let launcher: ServerLauncher;

beforeEach(() => {
  mkdirSync(join(places.temporary, `jmp-${abc}`));
  writeFileSync(ledger().path, '');
  launcher = newLauncher();
});

function newLauncher(limits?: SilenceLimits): ServerLauncher {
  const directory = join(places.temporary, `jmp-${abc}`);
  return new ServerLauncher({ session: abc, ledger: ledger().path, directory }, limits);
}

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

function guardianPid(): number {
  const entry = ledger()
    .read()
    .findLast((line) => line.type === 'guardian');
  if (entry?.type !== 'guardian') throw new Error('there is no guardian');
  return entry.guardian.pid;
}

function killGuardian(): void {
  process.kill(guardianPid(), 'SIGKILL');
}

async function freezeGuardian(): Promise<number> {
  const pid = guardianPid();
  process.kill(pid, 'SIGSTOP');
  await eventually(() => processEntry(pid)?.isStopped === true);
  return pid;
}

const isGone = (pid: number): boolean => processEntry(pid)?.isZombie !== false;

describe('the launcher', () => {
  it('starts a guardian with the first server only', async () => {
    expect(launcher.isGuarded).toBe(false);
    expect(guardians()).toEqual([]);
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
    const note = 'which was ended by SIGKILL';
    expect(await server.exited).toEqual({ code: null, signal: null, note });
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

  it('what has left the groups of its servers is ended, be it without mark and parent', async () => {
    const server = await launch(`echo up; env -i setsid sh -c 'echo $$; exec sleep 600' & wait`);
    await eventually(() => server.logTail().length === 2);
    const escaped = Number(server.logTail()[1]);
    await eventually(() =>
      ledger()
        .read()
        .some(({ type }) => type === 'descendants'),
    );
    killGuardian();
    await server.stop();
    expect(isGone(escaped)).toBe(true);
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

describe('when the guardian is frozen', () => {
  const frozen =
    /^The guardian process \(pid \d+\), which owns the servers of this run, is gone: it was frozen \(SIGSTOP\) for 0\.3 s, and was killed\.$/;

  beforeEach(() => {
    launcher = newLauncher({ silentMs: 20_000, shortMs: 300 });
  });

  it('a launch fails with the reason, and its servers are ended and reported as ended', async () => {
    const server = await launch(quiet);
    const guardian = await freezeGuardian();
    await expect(launch(quiet)).rejects.toMatchObject({
      code: 'GUARDIAN_LOST',
      message: expect.stringMatching(frozen) as string,
    });
    const note = 'which was frozen (SIGSTOP) for 0.3 s, and was killed';
    expect(await server.exited).toEqual({ code: null, signal: null, note });
    await eventually(() => groupMembers(server.pid).length === 0);
    expect(isGone(guardian)).toBe(true);
    const next = await launch(quiet);
    expect(groupMembers(next.pid)).toHaveLength(1);
  });

  it('a stop resolves only when the server is gone', async () => {
    const server = await launch(stubborn, 300);
    await freezeGuardian();
    await server.stop();
    expect(groupMembers(server.pid)).toEqual([]);
  });

  it('a close resolves only when every server and the guardian are gone', async () => {
    const server = await launch(stubborn, 300);
    const guardian = await freezeGuardian();
    await launcher.close();
    expect(groupMembers(server.pid)).toEqual([]);
    expect(isGone(guardian)).toBe(true);
  });

  it('a forced kill waits for no grace', async () => {
    const server = await launch(stubborn);
    const guardian = await freezeGuardian();
    const stop = server.stop();
    await launcher.forceKill();
    await launcher.close();
    await stop;
    expect(groupMembers(server.pid)).toEqual([]);
    expect(isGone(guardian)).toBe(true);
  });
});

describe('a guardian that cannot start', () => {
  const node = process.execPath;

  afterEach(() => {
    process.execPath = node;
  });

  /** Has a shell script run in the place of Node. */
  function replaceNode(script: string, silentMs = 60_000): void {
    const path = join(places.directory, 'node');
    writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    process.execPath = path;
    launcher = newLauncher({ silentMs, shortMs: 2000 });
  }

  const lost = (message: RegExp) => ({
    code: 'GUARDIAN_LOST',
    message: expect.stringMatching(message) as string,
  });

  it('is killed when it does not answer', async () => {
    replaceNode(`echo $$ > ${places.directory}/pid; exec sleep 600`, 1000);
    await expect(launch(quiet)).rejects.toMatchObject(
      lost(/^The guardian process .* did not start: it gave no sign of life for 1 s, and was killed\.$/),
    );
    expect(isGone(Number(readFileSync(join(places.directory, 'pid'), 'utf8')))).toBe(true);
  });

  it('says in its first line how it ended and what it printed, without colours and secrets', async () => {
    process.env['MY_API_KEY'] = 'sesame-open-4711';
    try {
      replaceNode(
        `printf 'lib.c:1143\\n  throw;\\n\\n\\033[31mError: no threads for sesame-open-4711\\033[0m\\n    at x\\n' >&2; exit 7`,
      );
      const failed = launch(quiet);
      await expect(failed).rejects.toMatchObject(
        lost(
          /^.* did not start: it exited with code 7, after it had printed "Error: no threads for \[redacted\]"\.\nIts last lines:\n {2}\| lib\.c:1143\n/,
        ),
      );
    } finally {
      delete process.env['MY_API_KEY'];
    }
  });

  it('says what Node prints when it gets no memory', async () => {
    replaceNode(`ulimit -v 600000; ulimit -c 0; exec ${node} "$@"`);
    await expect(launch(quiet)).rejects.toMatchObject(
      lost(/^.* did not start: it was ended by SIG\w+, after it had printed ".*(?:memory|OOM|allocat).*"\./),
    );
  });

  // Root has no such limit; dash calls it -p.
  it('is lost when Node gets no threads', async () => {
    const drop = process.getuid?.() === 0 ? 'setpriv --reuid 61234 --clear-groups' : '';
    replaceNode(`exec ${drop} sh -c 'ulimit -p 5 2>&- || ulimit -u 5; exec "$0" "$@"' ${node} "$@"`, 1000);
    await expect(launch(quiet)).rejects.toMatchObject(lost(/^The guardian process .* did not start: it /));
  });

  it('says that its ledger cannot be written', async () => {
    const directory = join(places.temporary, `jmp-${abc}`);
    launcher = new ServerLauncher({ session: abc, ledger: '/no/such/place/x.jsonl', directory });
    await expect(launch(quiet)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/^The ledger \/no\/such\/place\/x.jsonl cannot be written: /) as string,
    });
  });

  it('says later too what it has printed', async () => {
    replaceNode(`echo 'warning: an odd machine' >&2; exec ${node} "$@"`);
    const server = await launch(quiet);
    killGuardian();
    expect((await server.exited).note).toBe(
      'which was ended by SIGKILL, after it had printed "warning: an odd machine"',
    );
  });
});
