import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  realpathSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Ledger, ledgerDirectory } from '../../../src/process/ledger/ledger';
import type { LedgerEntry } from '../../../src/process/ledger/ledger-entry';
import { findCommand } from '../../../src/process/os/find-command';
import { executableOf } from '../../../src/process/os/process-table';
import { groupMembers, stopGroup } from '../../../src/process/os/process-group';
import {
  bootId,
  ownIdentity,
  processEntry,
  type ProcessIdentity,
} from '../../../src/process/os/process-identity';
import { thisMachine } from '../../../src/process/os/machine';
import { reclaimProcesses, sweepDeadSessions } from '../../../src/process/guardian/sweep';
import { seededRandom } from '../../../src/providers/embedded/generation/random';
import { eventually } from '../../support/eventually';
import { dist } from '../node-script';
import { ownPlaces } from '../../support/own-places';
import { markOf, sessionMark } from '../../../src/process/guardian/session-mark';

// Of this file alone: its processes are found by the session's name, wherever they are.
const abc = `abc${process.pid}`;

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
    env: {
      PATH: process.env['PATH'],
      ...(session === undefined ? {} : { [sessionMark]: markOf(session, 'server-1') }),
    },
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
  readonly machine?: { readonly pidNamespace?: string | undefined; readonly host?: string | undefined };
  readonly servers?: readonly ProcessIdentity[];
  readonly stopped?: readonly ProcessIdentity[];
  readonly workers?: readonly ProcessIdentity[];
  readonly directory?: string;
  readonly lines?: readonly LedgerEntry[];
}

/** Writes what a session leaves behind. */
function leave(left: Left): { ledger: Ledger; directory: string } {
  const { session = abc, owner, guardian, boot = bootId(), servers = [], stopped = [], workers = [] } = left;
  const directory = left.directory ?? join(places.temporary, `jmp-${session}`);
  if (left.directory === undefined) mkdirSync(directory);
  const ledger = new Ledger(join(ledgerDirectory(places.state), `${session}.jsonl`));
  const entries: LedgerEntry[] = [
    {
      type: 'session',
      version: 1,
      session,
      ...thisMachine(),
      bootId: boot,
      owner,
      directory,
      ...left.machine,
    },
    ...(guardian === undefined ? [] : [{ type: 'guardian' as const, guardian }]),
    ...servers.map((process) => ({
      type: 'process' as const,
      resourceId: 'fake:a#1',
      process,
      graceMs: 100,
    })),
    ...stopped.map(({ pid }) => ({ type: 'stopped' as const, pid })),
    ...(left.lines ?? []),
    ...workers.map((worker) => ({ type: 'worker' as const, worker })),
  ];
  for (const entry of entries) ledger.append(entry);
  return { ledger, directory };
}

describe('the sweep', () => {
  it('ends the servers of a dead session, and removes its directory and ledger', async () => {
    const server = await startProcess(abc);
    const { ledger, directory } = leave({
      owner: await deadProcess(),
      guardian: await deadProcess(),
      servers: [server],
    });
    expect(await sweep()).toMatchObject({
      sessions: [abc],
      processes: [{ pid: server.pid, resourceId: 'fake:a#1' }],
    });
    expect(isRunning(server)).toBe(false);
    expect(existsSync(directory)).toBe(false);
    expect(existsSync(ledger.path)).toBe(false);
  });

  it('ends what a dead server left in its group', async () => {
    const server = await startProcess(abc, '(sleep 600) & wait');
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
    const server = await startProcess(abc, `trap '' TERM; while :; do sleep 0.02; done`);
    leave({ owner: await deadProcess(), servers: [server] });
    await sweep();
    expect(isRunning(server)).toBe(false);
  });

  it.each(['owner', 'guardian'] as const)('never touches a session whose %s is alive', async (alive) => {
    const server = await startProcess(abc);
    const identities = { owner: await deadProcess(), guardian: await deadProcess(), [alive]: ownIdentity() };
    const { ledger, directory } = leave({ ...identities, servers: [server] });
    expect(await sweep()).toMatchObject({ sessions: [], processes: [] });
    expect(isRunning(server)).toBe(true);
    expect(existsSync(directory)).toBe(true);
    expect(existsSync(ledger.path)).toBe(true);
  });

  it('ends the workers of a dead session, also stopped ones, and no others', async () => {
    const [worker, other] = [await startProcess(), await startProcess()];
    process.kill(worker.pid, 'SIGSTOP');
    const { ledger } = leave({
      owner: await deadProcess(),
      workers: [worker, { pid: other.pid, startTime: '1' }],
    });
    leave({ session: 'living', owner: ownIdentity(), workers: [other] });
    expect((await sweep()).processes).toEqual([{ pid: worker.pid, resourceId: 'Jest (a worker)' }]);
    expect([worker, other].map(isRunning)).toEqual([false, true]);
    expect(existsSync(ledger.path)).toBe(false);
  });

  it('ends no worker that was recorded before the last boot', async () => {
    const worker = await startProcess();
    leave({ owner: await deadProcess(), boot: 'other', workers: [worker] });
    await sweep();
    expect(isRunning(worker)).toBe(true);
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
    expect((await sweep()).sessions).toEqual([abc]);
  });

  it('never kills the member of a group whose number was given away', async () => {
    const stranger = await startProcess(undefined, 'sleep 600 & wait');
    await eventually(() => groupMembers(stranger.pid).length === 2);
    leave({ owner: await deadProcess(), servers: [{ pid: stranger.pid, startTime: '1' }] });
    await sweep();
    expect(groupMembers(stranger.pid)).toHaveLength(2);
  });

  it('kills nothing that was recorded before the last boot, and removes the files', async () => {
    const server = await startProcess(abc);
    const { ledger, directory } = leave({ owner: ownIdentity(), boot: 'another boot', servers: [server] });
    expect(await sweep()).toMatchObject({ sessions: [abc], processes: [] });
    expect(isRunning(server)).toBe(true);
    expect([existsSync(ledger.path), existsSync(directory)]).toEqual([false, false]);
  });

  it.each([
    ['in another namespace of process numbers', { pidNamespace: 'pid:[1]' }],
    ['on another host', { host: 'another' }],
    ['on one that its version did not record', { pidNamespace: undefined, host: undefined }],
  ])(
    'never touches a session %s, also one of another boot, and names it when it is old',
    async (_where, machine) => {
      const server = await startProcess(abc);
      const owner = await deadProcess();
      const { ledger, directory } = leave({ owner, servers: [server], machine });
      const other = leave({ session: 'b', owner, boot: 'another boot', machine });
      const old = new Date(Date.now() - 25 * 3_600_000);
      utimesSync(ledger.path, old, old);
      expect(await sweep()).toEqual({ sessions: [], processes: [], unknown: [ledger.path] });
      expect(isRunning(server)).toBe(true);
      expect([ledger.path, directory, other.ledger.path].map(existsSync)).toEqual([true, true, true]);
    },
  );

  it('leaves alone what has the number of a server that the ledger says is stopped', async () => {
    const server = await startProcess();
    leave({ owner: await deadProcess(), servers: [server], stopped: [server] });
    expect((await sweep()).processes).toEqual([]);
    expect(isRunning(server)).toBe(true);
  });

  it('ends a server that has got the number of one that was stopped', async () => {
    const server = await startProcess(abc);
    const stopped = { ...server, startTime: '1' };
    const { ledger } = leave({ owner: await deadProcess(), servers: [stopped], stopped: [stopped] });
    ledger.append({ type: 'process', resourceId: 'fake:b#1', process: server, graceMs: 100 });
    expect((await sweep()).processes).toEqual([{ pid: server.pid, resourceId: 'fake:b#1' }]);
    expect(isRunning(server)).toBe(false);
  });

  it('ends what stands before a torn line', async () => {
    const server = await startProcess(abc);
    const { ledger } = leave({ owner: await deadProcess(), servers: [server] });
    appendFileSync(ledger.path, '{"type":"stopped","pi');
    await sweep();
    expect(isRunning(server)).toBe(false);
    expect(existsSync(ledger.path)).toBe(false);
  });

  it('may be done by several runs at once', async () => {
    const server = await startProcess(abc);
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

describe('what has left the group of its server', () => {
  const sleep = realpathSync(findCommand('sleep'));
  const serverLine = (process: ProcessIdentity): LedgerEntry => ({
    ...{ type: 'process', id: 'server-1', resourceId: 'fake:b#2', process, graceMs: 100, executable: sleep },
  });
  const parentOf = ({ pid }: ProcessIdentity): number => Number(processEntry(pid)?.parent);

  it('is ended by its mark, though its server is dead', async () => {
    const escaped = await startProcess(abc);
    leave({ owner: await deadProcess(), lines: [serverLine(await deadProcess())] });
    expect((await sweep()).processes).toEqual([{ pid: escaped.pid, resourceId: 'fake:b#2' }]);
    expect(isRunning(escaped)).toBe(false);
  });

  it('is ended with all its children, if the guardian noted it', async () => {
    const escaped = await startProcess(undefined, 'sleep 600 & wait');
    await eventually(() => groupMembers(escaped.pid).length === 2);
    const server = await deadProcess();
    const line: LedgerEntry = { type: 'descendants', of: server.pid, processes: [escaped] };
    leave({ owner: await deadProcess(), lines: [serverLine(server), line] });
    const { processes } = await sweep();
    expect(processes).toHaveLength(2);
    expect(new Set(processes.map(({ resourceId }) => resourceId))).toEqual(new Set(['fake:b#2']));
    expect(isRunning(escaped)).toBe(false);
  });

  it('is left alone if another process has got the number that was noted', async () => {
    const stranger = await startProcess();
    const server = await deadProcess();
    const processes = [{ pid: stranger.pid, startTime: '1' }];
    leave({
      owner: await deadProcess(),
      lines: [serverLine(server), { type: 'descendants', of: server.pid, processes }],
    });
    expect((await sweep()).processes).toEqual([]);
    expect(isRunning(stranger)).toBe(true);
  });

  it('is ended if it works in a directory of the session and runs a program of it; a shell there is not', async () => {
    const directory = join(places.temporary, `jmp-${abc}`);
    mkdirSync(directory);
    const escaped = await startProcess(undefined, 'exec sleep 600', directory);
    const shell = await startProcess(undefined, 'while :; do read x <> /dev/full; done', directory);
    await eventually(() => executableOf(escaped.pid) === sleep);
    leave({ owner: await deadProcess(), lines: [serverLine(await deadProcess())], directory });
    await sweep();
    expect([escaped, shell].map(isRunning)).toEqual([false, true]);
  });

  it('is never the sweeping process, nor one that it descends from', async () => {
    const line = serverLine(await deadProcess());
    const processes = [ownIdentity(), processEntry(parentOf(ownIdentity()))!];
    leave({ owner: await deadProcess(), lines: [line, { type: 'descendants', of: 2, processes }] });
    expect((await sweep()).processes).toEqual([]);
  });
});

describe('a session whose guardian is frozen', () => {
  const freeze = async (identity: ProcessIdentity): Promise<ProcessIdentity> => {
    process.kill(identity.pid, 'SIGSTOP');
    await eventually(() => processEntry(identity.pid)?.isStopped === true);
    return identity;
  };

  it('is dead when its owner is: nobody else could notice', async () => {
    const [server, guardian] = [await startProcess(abc), await freeze(await startProcess())];
    leave({ owner: await deadProcess(), guardian, servers: [server] });
    expect((await sweep()).sessions).toEqual([abc]);
    expect([server, guardian].map(isRunning)).toEqual([false, false]);
  });

  it('is alive when its owner is, frozen or not', async () => {
    const [server, guardian] = [await startProcess(abc), await freeze(await startProcess())];
    leave({ owner: await freeze(await startProcess()), guardian, servers: [server] });
    expect((await sweep()).sessions).toEqual([]);
    expect([server, guardian].map(isRunning)).toEqual([true, true]);
  });
});

const unshare = ['--pid', '--fork', '--mount-proc'];
const mayUnshare = spawnSync('unshare', [...unshare, 'true']).status === 0;
(mayUnshare ? test : test.skip)(
  'a living session is not swept from another container with the same home',
  async () => {
    const server = await startProcess(abc);
    const { ledger, directory } = leave({ owner: ownIdentity(), servers: [server] });
    const sweepModule = join(dist, 'src/process/guardian/sweep.js');
    const sweeping = `require(${JSON.stringify(sweepModule)}).sweepDeadSessions(${JSON.stringify(places.state)})`;
    const { status } = spawnSync('unshare', [...unshare, process.execPath, '-e', sweeping]);
    expect(status).toBe(0);
    expect(isRunning(server)).toBe(true);
    expect([existsSync(ledger.path), existsSync(directory)]).toEqual([true, true]);
  },
);

describe('the directory that a ledger names', () => {
  it.each(['precious', 'jmp-other', '../t', '..'])(
    'is not removed if it is not the session’s: %s',
    async (name) => {
      const precious = join(places.temporary, 'precious');
      mkdirSync(precious);
      mkdirSync(join(places.temporary, 'jmp-other'));
      leave({ owner: await deadProcess(), directory: join(places.temporary, name) });
      expect((await sweep()).sessions).toEqual([abc]);
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
      expect((await sweep()).sessions).toEqual([abc]);
      expect(isRunning(bystander)).toBe(true);
    },
  );

  it('is not followed if it is a link', async () => {
    const precious = join(places.temporary, 'precious');
    mkdirSync(precious);
    symlinkSync(precious, join(places.temporary, `jmp-${abc}`));
    leave({ owner: await deadProcess(), directory: join(places.temporary, `jmp-${abc}`) });
    await sweep();
    expect(existsSync(precious)).toBe(true);
  });
});

describe('a ledger without a session line', () => {
  it('is left alone while its run may still be writing it', async () => {
    const path = join(ledgerDirectory(places.state), `${abc}.jsonl`);
    writeFileSync(path, '');
    await sweep();
    expect(existsSync(path)).toBe(true);
  });

  it.each([
    ['', false],
    ['\n{"type":"sess', false],
    ['\n{"type":"session","version":2}\n', true],
    ['\n{"type":"stopped","pid":42}\n', false],
    ['\n{"type":"guardian","guardian":{"pid":42,"startTime":"1"}}\n', false],
    [`\n${JSON.stringify({ type: 'guardian', guardian: ownIdentity() })}\n`, true],
  ])('goes an hour later if it names no session and nothing that lives: %j', async (text, stays) => {
    const path = join(ledgerDirectory(places.state), `${abc}.jsonl`);
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
    const bystanders = [await startProcess(), await startProcess('living'), await startProcess('other')];
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
  const { pidNamespace, host } = thisMachine();
  const fields = {
    type: one(
      'session',
      'session',
      'process',
      'process',
      'descendants',
      'worker',
      'guardian',
      'stopped',
      'other',
      null,
    ),
    id: one('server-1', '', 7, undefined),
    executable: one('/bin/sh', process.execPath, '', 7, undefined),
    of: one(pid, '1', undefined),
    processes: one([identity()], [identity(), identity()], identity(), null),
    version: one(1, 1, 1, 2, '1'),
    session: one(abc, abc, 'living', '', '../x', null),
    bootId: one(bootId(), bootId(), 'other', 7, undefined),
    pidNamespace: one(pidNamespace, pidNamespace, pidNamespace, 'other', 7),
    host: one(host, host, host, 'other', undefined),
    owner: one(dead, dead, identity(), null),
    guardian: one(dead, identity(), 'x'),
    worker: one(identity(), null, 'x'),
    directory: one(precious, '', places.temporary, places.directory, join(places.temporary, `jmp-${abc}`), 7),
    resourceId: one('fake:a#1', 7, undefined),
    process: one(identity(), identity(), null, []),
    graceMs: one(0, 1, -1, 'x', null),
    pid: one(pid, null, 'x'),
  };
  return one(JSON.stringify(fields), JSON.stringify(fields), 'null', '[]', '{', '\u0000', '7') as string;
}

describe('reclaiming the servers of a lost guardian', () => {
  it('ends them, notes it in the ledger, and leaves the session alone', async () => {
    const server = await startProcess(abc);
    const { ledger, directory } = leave({ owner: ownIdentity(), servers: [server] });
    expect((await reclaimProcesses(ledger, abc, directory)).processes).toEqual([
      { pid: server.pid, resourceId: 'fake:a#1' },
    ]);
    await eventually(() => !isRunning(server));
    expect(ledger.read().at(-1)).toEqual({ type: 'stopped', pid: server.pid });
    expect(existsSync(directory)).toBe(true);
  });
});
