import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ledger, ledgerDirectory } from '../../../src/process/ledger/ledger';
import type { LedgerEntry } from '../../../src/process/ledger/ledger-entry';
import { groupMembers, stopGroup } from '../../../src/process/os/process-group';
import {
  bootId,
  ownIdentity,
  processEntry,
  type ProcessIdentity,
} from '../../../src/process/os/process-identity';
import { reclaimProcesses, sweepDeadSessions } from '../../../src/process/guardian/sweep';
import { seededRandom } from '../../../src/providers/embedded/generation/random';
import { eventually } from '../../support/eventually';
import { ownPlaces } from '../../support/own-places';
import { sessionMark } from '../../../src/process/guardian/session-mark';

const places = ownPlaces();
const started = new Map<ChildProcess, ProcessIdentity>();

afterEach(async () => {
  await Promise.all(
    [...started].map(async ([child, identity]) => {
      await stopGroup(identity, 0);
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }),
  );
  started.clear();
});

/** A process in its own group; the server of a session, if one is named. */
async function startProcess(
  session?: string,
  script = 'exec sleep 600',
  cwd = process.cwd(),
): Promise<ProcessIdentity> {
  const child = spawn('/bin/sh', ['-c', `echo up; ${script}`], {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], ...(session === undefined ? {} : { [sessionMark]: session }) },
  });
  const { pid, startTime } = processEntry(child.pid ?? 0)!;
  started.set(child, { pid, startTime });
  await once(child.stdout, 'data');
  return { pid, startTime };
}

/** A process that has ended. */
async function deadProcess(): Promise<ProcessIdentity> {
  const identity = await startProcess();
  await stopGroup(identity, 0);
  return identity;
}

const isRunning = ({ pid }: ProcessIdentity): boolean => groupMembers(pid).length > 0;
const sweep = () => sweepDeadSessions(places.state);

interface Left {
  readonly session?: string;
  readonly owner: ProcessIdentity;
  readonly guardian?: ProcessIdentity;
  readonly boot?: string;
  readonly servers?: readonly ProcessIdentity[];
  readonly stopped?: readonly ProcessIdentity[];
  readonly directory?: string;
}

/** Writes what a session leaves behind. */
function leave(left: Left): { ledger: Ledger; directory: string } {
  const { session = 'abc', owner, guardian, boot = bootId(), servers = [], stopped = [] } = left;
  const directory = left.directory ?? join(places.temporary, `jmp-${session}`);
  if (left.directory === undefined) mkdirSync(directory);
  const ledger = new Ledger(join(ledgerDirectory(places.state), `${session}.jsonl`));
  const entries: LedgerEntry[] = [
    { type: 'session', version: 1, session, bootId: boot, owner, directory },
    ...(guardian === undefined ? [] : [{ type: 'guardian' as const, guardian }]),
    ...servers.map((process) => ({
      type: 'process' as const,
      resourceId: 'fake:a#1',
      process,
      graceMs: 100,
    })),
    ...stopped.map(({ pid }) => ({ type: 'stopped' as const, pid })),
  ];
  for (const entry of entries) ledger.append(entry);
  return { ledger, directory };
}

describe('the sweep', () => {
  it('ends the servers of a dead session, and removes its directory and ledger', async () => {
    const server = await startProcess('abc');
    const { ledger, directory } = leave({
      owner: await deadProcess(),
      guardian: await deadProcess(),
      servers: [server],
    });
    expect(await sweep()).toEqual({
      sessions: ['abc'],
      processes: [{ pid: server.pid, resourceId: 'fake:a#1' }],
    });
    expect(isRunning(server)).toBe(false);
    expect(existsSync(directory)).toBe(false);
    expect(existsSync(ledger.path)).toBe(false);
  });

  it('ends what a dead server left in its group', async () => {
    const server = await startProcess('abc', '(sleep 600) & wait');
    await eventually(() => groupMembers(server.pid).length === 2);
    const leader = [...started.keys()].find(({ pid }) => pid === server.pid)!;
    leader.kill('SIGKILL');
    await once(leader, 'exit');
    expect(isRunning(server)).toBe(true);
    leave({ owner: await deadProcess(), servers: [server] });
    await sweep();
    expect(isRunning(server)).toBe(false);
  });

  it('gives a server its grace, and kills it then', async () => {
    const server = await startProcess('abc', `trap '' TERM; while :; do sleep 0.02; done`);
    leave({ owner: await deadProcess(), servers: [server] });
    await sweep();
    expect(isRunning(server)).toBe(false);
  });

  it.each(['owner', 'guardian'] as const)('never touches a session whose %s is alive', async (alive) => {
    const server = await startProcess('abc');
    const identities = { owner: await deadProcess(), guardian: await deadProcess(), [alive]: ownIdentity() };
    const { ledger, directory } = leave({ ...identities, servers: [server] });
    expect(await sweep()).toEqual({ sessions: [], processes: [] });
    expect(isRunning(server)).toBe(true);
    expect(existsSync(directory)).toBe(true);
    expect(existsSync(ledger.path)).toBe(true);
  });

  it('keeps two living sessions apart from a dead one between them', async () => {
    const [first, dead, second] = [await startProcess('a'), await startProcess('b'), await startProcess('c')];
    leave({ session: 'a', owner: ownIdentity(), servers: [first] });
    leave({ session: 'b', owner: await deadProcess(), servers: [dead] });
    leave({ session: 'c', owner: ownIdentity(), servers: [second] });
    expect((await sweep()).sessions).toEqual(['b']);
    expect([first, dead, second].map(isRunning)).toEqual([true, false, true]);
  });

  it('never kills a process that has got the number of a server', async () => {
    const stranger = await startProcess();
    leave({ owner: await deadProcess(), servers: [{ pid: stranger.pid, startTime: '1' }] });
    expect((await sweep()).processes).toEqual([]);
    expect(isRunning(stranger)).toBe(true);
  });

  it('takes an owner whose number was given away for dead', async () => {
    leave({ owner: { ...ownIdentity(), startTime: '1' } });
    expect((await sweep()).sessions).toEqual(['abc']);
  });

  it('never kills the member of a group whose number was given away', async () => {
    const stranger = await startProcess(undefined, 'sleep 600 & wait');
    await eventually(() => groupMembers(stranger.pid).length === 2);
    leave({ owner: await deadProcess(), servers: [{ pid: stranger.pid, startTime: '1' }] });
    await sweep();
    expect(groupMembers(stranger.pid)).toHaveLength(2);
  });

  it('kills nothing that was recorded before the last boot, and removes the files', async () => {
    const server = await startProcess('abc');
    const { ledger, directory } = leave({ owner: ownIdentity(), boot: 'another boot', servers: [server] });
    expect(await sweep()).toEqual({ sessions: ['abc'], processes: [] });
    expect(isRunning(server)).toBe(true);
    expect([existsSync(ledger.path), existsSync(directory)]).toEqual([false, false]);
  });

  it('leaves alone what the ledger says is stopped', async () => {
    const server = await startProcess('abc');
    leave({ owner: await deadProcess(), servers: [server], stopped: [server] });
    expect((await sweep()).processes).toEqual([]);
    expect(isRunning(server)).toBe(true);
  });

  it('ends a server that has got the number of one that was stopped', async () => {
    const server = await startProcess('abc');
    const stopped = { ...server, startTime: '1' };
    const { ledger } = leave({ owner: await deadProcess(), servers: [stopped], stopped: [stopped] });
    ledger.append({ type: 'process', resourceId: 'fake:b#1', process: server, graceMs: 100 });
    expect((await sweep()).processes).toEqual([{ pid: server.pid, resourceId: 'fake:b#1' }]);
    expect(isRunning(server)).toBe(false);
  });

  it('ends what stands before a torn line', async () => {
    const server = await startProcess('abc');
    const { ledger } = leave({ owner: await deadProcess(), servers: [server] });
    appendFileSync(ledger.path, '{"type":"stopped","pi');
    await sweep();
    expect(isRunning(server)).toBe(false);
    expect(existsSync(ledger.path)).toBe(false);
  });

  it('may be done by several runs at once', async () => {
    const server = await startProcess('abc');
    leave({ owner: await deadProcess(), servers: [server] });
    const reports = await Promise.all([sweep(), sweep(), sweep()]);
    expect(reports.every(({ sessions }) => sessions.length <= 1)).toBe(true);
    expect(isRunning(server)).toBe(false);
  });

  it('goes on to the next session when one cannot be cleaned up', async () => {
    const owner = await deadProcess();
    const server = await startProcess('b');
    mkdirSync(join(ledgerDirectory(places.state), 'a.jsonl'));
    leave({ session: 'b', owner, servers: [server] });
    expect((await sweep()).sessions).toEqual(['b']);
    expect(isRunning(server)).toBe(false);
  });
});

describe('the directory that a ledger names', () => {
  it.each(['precious', 'jmp-other', '../t', '..'])(
    'is not removed if it is not the session’s: %s',
    async (name) => {
      const precious = join(places.temporary, 'precious');
      mkdirSync(precious);
      mkdirSync(join(places.temporary, 'jmp-other'));
      leave({ owner: await deadProcess(), directory: join(places.temporary, name) });
      expect((await sweep()).sessions).toEqual(['abc']);
      expect([precious, join(places.temporary, 'jmp-other')].map(existsSync)).toEqual([true, true]);
    },
  );

  it.each(['precious', 'jmp-other', '../t', '..'])(
    'is not searched for processes to kill if it is not the session’s: %s',
    async (name) => {
      for (const directory of ['precious', 'jmp-other']) mkdirSync(join(places.temporary, directory));
      const directory = join(places.temporary, name);
      const bystander = await startProcess(undefined, 'exec sleep 600', directory);
      leave({ owner: await deadProcess(), directory });
      expect((await sweep()).sessions).toEqual(['abc']);
      expect(isRunning(bystander)).toBe(true);
    },
  );

  it('is not followed if it is a link', async () => {
    const precious = join(places.temporary, 'precious');
    mkdirSync(precious);
    symlinkSync(precious, join(places.temporary, 'jmp-abc'));
    leave({ owner: await deadProcess(), directory: join(places.temporary, 'jmp-abc') });
    await sweep();
    expect(existsSync(precious)).toBe(true);
  });
});

describe('a ledger without a session line', () => {
  it('is left alone while its run may still be writing it', async () => {
    const path = join(ledgerDirectory(places.state), 'abc.jsonl');
    writeFileSync(path, '');
    await sweep();
    expect(existsSync(path)).toBe(true);
  });

  it.each([
    ['', false],
    ['\n{"type":"sess', false],
    ['\n{"type":"session","version":2}\n', true],
  ])('goes an hour later if no line of it is whole: %j', async (text, stays) => {
    const path = join(ledgerDirectory(places.state), 'abc.jsonl');
    writeFileSync(path, text);
    const anHourAgo = new Date(Date.now() - 3_601_000);
    utimesSync(path, anHourAgo, anHourAgo);
    await sweep();
    expect(existsSync(path)).toBe(stays);
  });
});

describe('a thousand ledgers of random lines', () => {
  it('kill nothing and remove nothing that is not the sessions’ own', async () => {
    const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31));
    console.info(`FUZZ_SEED=${seed}`);
    const random = seededRandom(seed);
    const bystanders = [await startProcess(), await startProcess('living'), await startProcess('abc')];
    leave({ session: 'living', owner: ownIdentity(), servers: [bystanders[1]!] });
    const precious = join(places.temporary, 'precious');
    mkdirSync(precious);
    const dead = await deadProcess();
    // Times have steps of 10 ms: without this one of them could have begun with the dead one.
    const before = `${Number(bystanders[0]!.startTime) - 1}`;
    const ledgers = ledgerDirectory(places.state);
    for (let index = 0; index < 1000; index += 1) {
      const lines = Array.from({ length: Math.floor(random() * 6) }, () =>
        randomLine(random, bystanders, dead, before, precious),
      );
      const text = lines.join('\n');
      const torn = random() < 0.3 ? text.slice(0, Math.floor(random() * text.length)) : `${text}\n`;
      writeFileSync(join(ledgers, `${index}.jsonl`), torn);
    }
    await sweep();
    expect(bystanders.map(isRunning)).toEqual([true, true, true]);
    expect(existsSync(precious)).toBe(true);
    expect(existsSync(join(ledgers, 'living.jsonl'))).toBe(true);
  });
});

/** A line that is nearly right: every field is right, missing, of another type or another process'. */
function randomLine(
  random: () => number,
  bystanders: ProcessIdentity[],
  dead: ProcessIdentity,
  before: string,
  precious: string,
): string {
  const one = (...values: unknown[]): unknown => values[Math.floor(random() * values.length)];
  const { pid } = bystanders[Math.floor(random() * bystanders.length)]!;
  // Numbers of living processes, but never with their start times: knowing both allows ending the process.
  const identity = (): unknown => ({
    pid: one(pid, pid, process.pid, 1, 0, -1, -pid, 2 ** 40, 1.5, `${pid}`, null, undefined),
    startTime: one('1', '', 7, null, undefined, before, '99999999999'),
  });
  const fields = {
    type: one('session', 'session', 'process', 'process', 'process', 'guardian', 'stopped', 'other', null),
    version: one(1, 1, 1, 2, '1'),
    session: one('abc', 'abc', 'living', '', '../x', null),
    bootId: one(bootId(), bootId(), 'other', 7, undefined),
    owner: one(dead, dead, identity(), null),
    guardian: one(dead, identity(), 'x'),
    directory: one(precious, '', places.temporary, places.directory, join(places.temporary, 'jmp-abc'), 7),
    resourceId: one('fake:a#1', 7, undefined),
    process: one(identity(), identity(), null, []),
    graceMs: one(0, 1, -1, 'x', null),
    pid: one(pid, null, 'x'),
  };
  return one(JSON.stringify(fields), JSON.stringify(fields), 'null', '[]', '{', '\u0000', '7') as string;
}

describe('reclaiming the servers of a lost guardian', () => {
  it('ends them, notes it in the ledger, and leaves the session alone', async () => {
    const server = await startProcess('abc');
    const { ledger, directory } = leave({ owner: ownIdentity(), servers: [server] });
    expect((await reclaimProcesses(ledger, 'abc')).processes).toEqual([
      { pid: server.pid, resourceId: 'fake:a#1' },
    ]);
    await eventually(() => !isRunning(server));
    expect(ledger.read().at(-1)).toEqual({ type: 'stopped', pid: server.pid });
    expect(existsSync(directory)).toBe(true);
  });
});
