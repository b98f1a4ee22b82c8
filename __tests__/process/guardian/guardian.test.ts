import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import {
  endRequest,
  exitNotification,
  forceKillNotification,
  launchRequest,
  stopRequest,
  type ExitNotice,
  type LaunchRequest,
} from '../../../src/process/guardian/guardian-protocol';
import { Ledger } from '../../../src/process/ledger/ledger';
import { groupMembers, stopGroup } from '../../../src/process/os/process-group';
import { processEntry, type ProcessIdentity } from '../../../src/process/os/process-identity';
import { eventually } from '../../support/eventually';
import { dist } from '../node-script';
import { ownPlaces } from '../../support/own-places';

// Of this file alone: its processes are found by the session's name, wherever they are.
const abc = `abc${process.pid}`;

const places = ownPlaces();
const longGrace = 600_000;

interface Guardian {
  readonly pid: number;
  readonly rpc: MessageConnection;
  readonly exits: ExitNotice[];
  readonly ended: Promise<unknown>;
  /** Ends the lifeline, as the death of the session's process does. */
  cut(): void;
  launch(script: string, more?: Partial<LaunchRequest>): Promise<number>;
}

const guardians: Guardian[] = [];
const servers: (ProcessIdentity | undefined)[] = [];
const ledger = (): Ledger => new Ledger(join(places.state, `${abc}.jsonl`));
const directory = (): string => join(places.temporary, `jmp-${abc}`);

async function startGuardian(): Promise<Guardian> {
  const options = { session: abc, ledger: ledger().path, directory: directory() };
  mkdirSync(options.directory);
  ledger().append({
    type: 'session',
    version: 1,
    bootId: 'b',
    owner: { pid: 2, startTime: '1' },
    ...options,
  });
  const child = spawn(
    process.execPath,
    [join(dist, 'src/process/guardian/main.js'), JSON.stringify(options)],
    {
      detached: true,
      stdio: ['pipe', 'pipe', 'inherit'],
      env: places.env,
    },
  );
  const rpc = createMessageConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  const exits: ExitNotice[] = [];
  rpc.onNotification(exitNotification, (notice) => void exits.push(notice));
  rpc.onError(() => undefined);
  rpc.listen();
  const guardian: Guardian = {
    pid: child.pid ?? 0,
    rpc,
    exits,
    ended: once(child, 'exit'),
    cut: () => child.stdin.end(),
    launch: async (script, more) => {
      const id = more?.id ?? `server-${servers.length + 1}`;
      const { pid } = await rpc.sendRequest(launchRequest, {
        ...{ id, resourceId: `fake:a#${servers.length + 1}`, command: '/bin/sh', args: ['-c', script] },
        ...{ env: { PATH: process.env['PATH'] ?? '' }, cwd: places.directory },
        ...{ logFile: join(places.directory, `${id}.log`), graceMs: longGrace, ...more },
      });
      servers.push(processEntry(pid));
      return pid;
    },
  };
  guardians.push(guardian);
  return guardian;
}

afterEach(async () => {
  for (const { pid, rpc, ended } of guardians.splice(0)) {
    if (processEntry(pid)?.isZombie === false) process.kill(pid, 'SIGKILL');
    await ended;
    rpc.dispose();
  }
  await Promise.all(servers.splice(0).map((leader) => leader && stopGroup(leader, 0)));
});

const log = (id: string): string => readFileSync(join(places.directory, `${id}.log`), 'utf8');
const polite = `trap 'exit 0' TERM; echo up; while :; do sleep 0.02; done`;
const stubborn = `trap 'echo no' TERM; echo up; while :; do sleep 0.02; done`;

describe('the guardian', () => {
  it('has a process session of its own, out of reach of the terminal', async () => {
    const { pid } = await startGuardian();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [, , group, session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    expect([group, session]).toEqual([String(pid), String(pid)]);
  });

  it('says in the ledger that it is there', async () => {
    const { pid } = await startGuardian();
    await eventually(() => ledger().read().length === 2);
    expect(ledger().read()[1]).toEqual({
      type: 'guardian',
      guardian: { pid, startTime: processEntry(pid)?.startTime },
    });
  });

  it('has the server’s line on disk before the server runs', async () => {
    const guardian = await startGuardian();
    const pid = await guardian.launch(`cat '${ledger().path}'`, { id: 'reader' });
    await eventually(() => guardian.exits.length === 1);
    expect(log('reader')).toContain(`"process":{"pid":${pid},`);
  });

  it.each([
    ['when its process has died', false],
    ['but not when it ends the guardian itself', true],
  ])('ends the workers of the session, also stopped ones, %s', async (_when, isClosed) => {
    const child = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
    const worker = { pid: child.pid!, startTime: processEntry(child.pid!)!.startTime };
    servers.push(worker);
    child.kill('SIGSTOP');
    const guardian = await startGuardian();
    ledger().append({ type: 'worker', worker });
    await guardian.launch(polite);
    if (isClosed) void guardian.rpc.sendRequest(endRequest).catch(() => undefined);
    else guardian.cut();
    await guardian.ended;
    expect(groupMembers(worker.pid)).toHaveLength(isClosed ? 1 : 0);
    expect(existsSync(ledger().path)).toBe(false);
  });

  it('stops one server: its group is empty and the ledger says so when it answers', async () => {
    const guardian = await startGuardian();
    const pid = await guardian.launch(polite, { id: 'one' });
    const other = await guardian.launch(polite, { id: 'other' });
    await eventually(() => log('one').includes('up'));
    expect(await guardian.rpc.sendRequest(stopRequest, { id: 'one' })).toEqual({
      forced: false,
      survivors: [],
    });
    expect(groupMembers(pid)).toEqual([]);
    expect(ledger().read().at(-1)).toEqual({ type: 'stopped', pid });
    expect(groupMembers(other)).not.toEqual([]);
    await eventually(() => guardian.exits.length === 1);
    expect(guardian.exits).toEqual([{ id: 'one', code: 0, signal: null }]);
  });

  it('stops a server and removes the files also where the ledger cannot be written any more', async () => {
    const guardian = await startGuardian();
    const pids = [
      await guardian.launch(polite, { id: 'one' }),
      await guardian.launch(polite, { id: 'other' }),
    ];
    await eventually(() => log('one').includes('up') && log('other').includes('up'));
    rmSync(places.state, { recursive: true });
    expect(await guardian.rpc.sendRequest(stopRequest, { id: 'one' })).toEqual({
      forced: false,
      survivors: [],
    });
    guardian.cut();
    await guardian.ended;
    expect(pids.flatMap(groupMembers)).toEqual([]);
    expect(existsSync(directory())).toBe(false);
  });

  it('stops a server once, however often it is asked', async () => {
    const guardian = await startGuardian();
    await guardian.launch(polite, { id: 'one' });
    await eventually(() => log('one').includes('up'));
    const stop = () => guardian.rpc.sendRequest(stopRequest, { id: 'one' });
    await Promise.all([stop(), stop()]);
    await stop();
    expect(
      ledger()
        .read()
        .filter(({ type }) => type === 'stopped'),
    ).toHaveLength(1);
  });

  it.each([
    ['exit 0', { code: 0, signal: null }],
    ['exit 7', { code: 7, signal: null }],
    ['kill -SEGV $$', { code: null, signal: 'SIGSEGV' }],
  ])('tells how a server ended: %s', async (script, end) => {
    const guardian = await startGuardian();
    await guardian.launch(script, { id: 'one' });
    await eventually(() => guardian.exits.length === 1);
    expect(guardian.exits).toEqual([{ id: 'one', ...end }]);
  });

  it('refuses a server that cannot be started at all, and goes on', async () => {
    const guardian = await startGuardian();
    await expect(guardian.launch('echo', { cwd: '/no/such/directory' })).rejects.toThrow('ENOENT');
    await expect(guardian.launch('echo', { logFile: '/no/such/directory/log' })).rejects.toThrow('ENOENT');
    expect(await guardian.launch(polite)).toBeGreaterThan(1);
  });
});

/** Shell scripts whose servers leave the group that they were started in; each prints the number of one. */
const escapes = {
  'in a process session of its own': `setsid sh -c 'echo $$; exec sleep 600' & wait`,
  'in a group of its own': `perl -e 'setpgrp(0, 0); $| = 1; print "$$\\n"; sleep 600' & wait`,
  'by a double fork, with another directory': `(cd / && setsid sh -c 'echo $$; exec sleep 600' &); sleep 600`,
  'without its environment': `env -i setsid sh -c 'echo $$; exec sleep 600' & wait`,
} as const;

describe('what leaves the group of its server', () => {
  const isGone = (pid: number): boolean => processEntry(pid)?.isZombie !== false;
  const escapees: number[] = [];

  afterEach(() => {
    for (const pid of escapees.splice(0)) if (!isGone(pid)) process.kill(pid, 'SIGKILL');
  });

  /** The number that a server has printed. */
  async function printed(id: string): Promise<number> {
    await eventually(() => log(id).includes('\n'));
    const pid = Number.parseInt(log(id), 10);
    escapees.push(pid);
    return pid;
  }

  /** Whether it is known by descent, or needs not be. */
  const isKnown = (id: string, pid: number): boolean =>
    id !== 'without its environment' ||
    ledger()
      .read()
      .some((line) => line.type === 'descendants' && line.processes.some((noted) => noted.pid === pid));

  it.each([
    ['a stop', (id: string, { rpc }: Guardian) => rpc.sendRequest(stopRequest, { id })],
    ['the end of the lifeline', (_: string, guardian: Guardian) => (guardian.cut(), guardian.ended)],
  ])('ends with %s', async (_, end) => {
    const guardian = await startGuardian();
    const ids = Object.keys(escapes) as (keyof typeof escapes)[];
    const leaders = await Promise.all(ids.map((id) => guardian.launch(escapes[id], { id, graceMs: 0 })));
    const pids = await Promise.all(ids.map(printed));
    for (const [index, pid] of pids.entries()) expect(processEntry(pid)?.group).not.toBe(leaders[index]);
    await eventually(() => ids.every((id, index) => isKnown(id, pids[index]!)));
    await Promise.all(ids.map((id) => end(id, guardian)));
    expect(pids.filter((pid) => !isGone(pid))).toEqual([]);
  });

  it('gets the rest of the grace, if the leader has ended politely', async () => {
    const guardian = await startGuardian();
    const server = `trap "sleep 0.1; echo bye; exit" TERM; echo $$; while :; do sleep 0.02; done`;
    await guardian.launch(`setsid sh -c '${server}' & wait`, { id: 'one' });
    const pid = await printed('one');
    expect(await guardian.rpc.sendRequest(stopRequest, { id: 'one' })).toEqual({
      forced: false,
      survivors: [],
    });
    expect(log('one')).toBe(`${pid}\nbye\n`);
    expect(isGone(pid)).toBe(true);
  });

  it('is named when its launcher ends with code 0, and ended by the stop', async () => {
    const guardian = await startGuardian();
    await guardian.launch(`(setsid sh -c 'echo $$; exec >&- 2>&- sleep 600' &); sleep 0.1; exit 0`, {
      id: 'one',
    });
    const pid = await printed('one');
    await eventually(() => guardian.exits.length === 1);
    const note = `process ${pid}, which it had started, went on: start it in the foreground, not as a daemon`;
    expect(guardian.exits).toEqual([{ id: 'one', code: 0, signal: null, note }]);
    await guardian.rpc.sendRequest(stopRequest, { id: 'one' });
    expect(isGone(pid)).toBe(true);
  });

  it('is not said of a launcher that leaves nothing', async () => {
    const guardian = await startGuardian();
    await guardian.launch('exit 0', { id: 'one' });
    await eventually(() => guardian.exits.length === 1);
    expect(guardian.exits).toEqual([{ id: 'one', code: 0, signal: null }]);
  });
});

describe('the guardian ends everything', () => {
  const ends = async ({ ended }: Guardian, pids: number[]): Promise<void> => {
    expect(await ended).toEqual([0, null]);
    expect(pids.flatMap(groupMembers)).toEqual([]);
    expect(existsSync(directory())).toBe(false);
    expect(existsSync(ledger().path)).toBe(false);
  };

  it('when its lifeline ends: polite servers, stubborn ones after their grace, grandchildren, files', async () => {
    const guardian = await startGuardian();
    const pids = [
      await guardian.launch(polite, { id: 'polite' }),
      await guardian.launch(stubborn, { id: 'stubborn', graceMs: 100 }),
      await guardian.launch(`(trap '' TERM; sleep 600) & echo up; wait`, { id: 'parent' }),
    ];
    await eventually(() => ['polite', 'stubborn', 'parent'].every((id) => log(id).includes('up')));
    guardian.cut();
    await ends(guardian, pids);
    expect(log('stubborn')).toBe('up\nno\n');
  });

  it('when its lifeline ends before it has started anything', async () => {
    const guardian = await startGuardian();
    guardian.cut();
    await ends(guardian, []);
  });

  it('and itself, also when what it has made cannot be removed', async () => {
    const guardian = await startGuardian();
    const pid = await guardian.launch(polite);
    rmSync(ledger().path);
    mkdirSync(ledger().path);
    try {
      guardian.cut();
      expect(await guardian.ended).toEqual([1, null]);
      expect(groupMembers(pid)).toEqual([]);
    } finally {
      rmSync(ledger().path, { recursive: true });
    }
  });

  it('on SIGTERM', async () => {
    const guardian = await startGuardian();
    const pid = await guardian.launch(polite);
    process.kill(guardian.pid, 'SIGTERM');
    await ends(guardian, [pid]);
  });

  it('at once when told to forceKill, also in the middle of a grace period', async () => {
    const guardian = await startGuardian();
    const pid = await guardian.launch(stubborn, { id: 'stubborn' });
    await eventually(() => log('stubborn').includes('up'));
    const stop = guardian.rpc.sendRequest(stopRequest, { id: 'stubborn' });
    await eventually(() => log('stubborn').includes('no'));
    await guardian.rpc.sendNotification(forceKillNotification);
    expect(await stop).toEqual({ forced: true, survivors: [] });
    guardian.cut();
    await ends(guardian, [pid]);
  });

  it('and starts nothing any more meanwhile', async () => {
    const guardian = await startGuardian();
    const pid = await guardian.launch(stubborn, { id: 'stubborn' });
    await eventually(() => log('stubborn').includes('up'));
    process.kill(guardian.pid, 'SIGTERM');
    await eventually(() => log('stubborn').includes('no'));
    await expect(guardian.launch('echo ran', { id: 'late' })).rejects.toThrow('The guardian is ending.');
    expect(existsSync(join(places.directory, 'late.log'))).toBe(false);
    await guardian.rpc.sendNotification(forceKillNotification);
    await ends(guardian, [pid]);
  });

  it('but not on Ctrl-C, a hang-up or a broken pipe, which are the session’s business', async () => {
    const guardian = await startGuardian();
    const pid = await guardian.launch(polite, { id: 'one' });
    await eventually(() => log('one').includes('up'));
    for (const signal of ['SIGINT', 'SIGHUP', 'SIGPIPE'] as const) process.kill(guardian.pid, signal);
    // It still answers, and the server still runs.
    await guardian.launch(polite, { id: 'two' });
    expect(groupMembers(pid)).not.toEqual([]);
  });
});
