import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { endEscaped } from '../../../src/process/guardian/escaped-processes';
import { KnownProcesses } from '../../../src/process/guardian/known-processes';
import { markOf, sessionMark } from '../../../src/process/guardian/session-mark';
import { findCommand } from '../../../src/process/os/find-command';
import { processEntry, type ProcessIdentity } from '../../../src/process/os/process-identity';
import { processIds } from '../../../src/process/os/process-table';
import { eventually } from '../../support/eventually';
import { ownPlaces } from '../../support/own-places';

// Of this file alone: its processes are found by the session's name, wherever they are.
const abc = `abc${process.pid}`;

const places = ownPlaces();
const children: ChildProcess[] = [];
const others: ProcessIdentity[] = [];

afterEach(async () => {
  for (const { pid, startTime } of others.splice(0))
    if (processEntry(pid)?.startTime === startTime) process.kill(pid, 'SIGKILL');
  await Promise.all(
    children.splice(0).map(async (child) => {
      const isOver = child.exitCode !== null || child.signalCode !== null;
      child.kill('SIGKILL');
      if (!isOver) await once(child, 'exit');
    }),
  );
});

interface Started extends ProcessIdentity {
  /** The number that it printed, of a process that it has started. */
  readonly printed: () => Promise<number>;
}

/** Starts a shell in a process session of its own. */
async function start(script: string, env: Record<string, string> = {}, cwd = '/'): Promise<Started> {
  const child = spawn('/bin/sh', ['-c', script], {
    ...{ cwd, detached: true },
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], ...env },
  });
  children.push(child);
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(child, 'spawn');
  const { pid, startTime } = processEntry(child.pid ?? 0)!;
  const printed = async (): Promise<number> => {
    await eventually(() => text.includes('\n'));
    const found = Number.parseInt(text, 10);
    others.push({ pid: found, startTime: processEntry(found)?.startTime ?? '' });
    return found;
  };
  return { pid, startTime, printed };
}

const mark = { [sessionMark]: markOf(abc, 'server-1') };
const sleep = realpathSync(findCommand('sleep'));
const isGone = (pid: number): boolean => processEntry(pid)?.isZombie !== false;

/** What a guardian knows after it has started one server. */
async function watching(script: string, more: { env?: Record<string, string>; cwd?: string } = {}) {
  const known = new KnownProcesses(abc, processIds());
  const server = await start(script, more.env ?? mark, more.cwd);
  known.watch('server-1', { leader: server, ownDirectory: more.cwd, executable: sleep });
  const pids = (): number[] => known.living('server-1').map(({ pid }) => pid);
  return { known, server, pids };
}

describe('a process is a server’s', () => {
  it('by its mark, in a process session of its own and without its parent', async () => {
    const { server, pids } = await watching('(cd / && setsid sleep 600 >/dev/null & echo $!)');
    const daemon = await server.printed();
    await eventually(() => isGone(server.pid));
    expect(pids()).toEqual([daemon]);
  });

  it('by descent, when it has cleared its environment and lost its parent', async () => {
    const { known, server, pids } = await watching('env -i setsid sleep 600 >/dev/null & echo $!; wait');
    const child = await server.printed();
    await eventually(() => readFileSync(`/proc/${child}/cmdline`, 'utf8').startsWith('sleep'));
    known.look();
    process.kill(server.pid, 'SIGKILL');
    await eventually(() => processEntry(child)?.parent !== server.pid);
    expect(readFileSync(`/proc/${child}/environ`, 'utf8')).toBe('');
    expect(pids()).toEqual([child]);
  });

  it('by descent over several that are new', async () => {
    const { server, pids } = await watching(
      'env -i sh -c "sh -c \'echo \\$\\$; exec sleep 600\' & wait" & wait',
    );
    const last = await server.printed();
    expect(pids()).toHaveLength(3);
    expect(pids()).toContain(last);
  });

  it('by descent, when it has overwritten the mark that it was known by', async () => {
    const title = `$0 = "x" x 4000; print "$$\\n"; close STDOUT; sleep 600`;
    const { known, server, pids } = await watching(
      `perl -e '$| = 1; sleep 1 while ! -e "go"; ${title}' & wait`,
      {
        cwd: places.directory,
      },
    );
    await eventually(() => pids().length === 2);
    mkdirSync(join(places.directory, 'go'));
    const child = await server.printed();
    await eventually(() => !readFileSync(`/proc/${child}/environ`, 'utf8').includes(sessionMark));
    process.kill(server.pid, 'SIGKILL');
    await eventually(() => processEntry(child)?.parent !== server.pid);
    known.look();
    expect(pids()).toEqual([child]);
  });

  it('by where it works and what it runs', async () => {
    const directory = join(places.directory, 'd-1');
    mkdirSync(directory);
    const { pids } = await watching('exec true', { cwd: directory });
    const unmarked = await start('exec sleep 600', {}, directory);
    others.push(unmarked);
    await eventually(() => readFileSync(`/proc/${unmarked.pid}/cmdline`, 'utf8').startsWith('sleep'));
    expect(pids()).toEqual([unmarked.pid]);
  });
});

describe('a process is nobody’s', () => {
  it.each([
    [
      'works in a server’s directory and runs another program',
      {},
      'd-1',
      'while :; do read x <> /dev/full; done',
    ],
    ['runs the server’s program elsewhere', {}, 'd-2', 'exec sleep 600'],
    ['works in a directory whose name begins the same', {}, 'd-10', 'exec sleep 600'],
    [
      'has the mark’s text in another variable',
      { OTHER: `${sessionMark}=${abc}/server-1` },
      'd-2',
      'exec sleep 600',
    ],
    ['has a longer variable', { [`X${sessionMark}`]: `${abc}/server-1` }, 'd-2', 'exec sleep 600'],
    [
      'has the mark of a session of a longer name',
      { [sessionMark]: 'abcd/server-1' },
      'd-2',
      'exec sleep 600',
    ],
    ['has the session’s name alone', { [sessionMark]: abc }, 'd-2', 'exec sleep 600'],
    ['has the mark of another session', { [sessionMark]: `x/${abc}/server-1` }, 'd-2', 'exec sleep 600'],
  ])('that %s', async (_, env: Record<string, string>, place, script) => {
    for (const name of ['d-1', 'd-10', 'd-2']) mkdirSync(join(places.directory, name));
    const { known, server } = await watching('exec sleep 600', { cwd: join(places.directory, 'd-1') });
    const bystander = await start(script, env, join(places.directory, place));
    await eventually(() => readFileSync(`/proc/${bystander.pid}/environ`, 'utf8') !== '');
    await endEscaped(() => known.all(), { graceMs: 0 });
    expect(isGone(server.pid)).toBe(true);
    expect(isGone(bystander.pid)).toBe(false);
  });

  it('that has got the number of one of them', async () => {
    const known = new KnownProcesses(abc, processIds());
    const stranger = await start('exec sleep 600');
    known.watch('server-1', {
      leader: { pid: stranger.pid, startTime: '1' },
      ownDirectory: undefined,
      executable: sleep,
    });
    await endEscaped(() => known.all(), { graceMs: 0 });
    known.look();
    expect(isGone(stranger.pid)).toBe(false);
    expect(known.living('server-1')).toEqual([]);
  });

  it('but of one of two servers, be it in the same directory', async () => {
    const known = new KnownProcesses(abc, processIds());
    const second = { [sessionMark]: markOf(abc, 'server-2') };
    const cwd = places.directory;
    const servers = [await start('exec sleep 600', mark, cwd), await start('exec sleep 600', second, cwd)];
    for (const [index, leader] of servers.entries())
      known.watch(`server-${index + 1}`, { leader, ownDirectory: cwd, executable: sleep });
    await endEscaped(() => known.living('server-1'), { graceMs: 0 });
    expect(servers.map(({ pid }) => isGone(pid))).toEqual([true, false]);
  });
});

describe('what a later run could not know', () => {
  const noted = (known: KnownProcesses): number[] => {
    const pids: number[] = [];
    known.note('server-1', (processes) => pids.push(...processes.map(({ pid }) => pid)));
    return pids;
  };

  it('is written once: a process without the mark, not one that has it', async () => {
    const { known, server } = await watching('sleep 600 & env -i sleep 600 >/dev/null & echo $!; wait');
    const child = await server.printed();
    await eventually(() => readFileSync(`/proc/${child}/cmdline`, 'utf8').startsWith('sleep'));
    known.look();
    expect(noted(known)).toEqual([child]);
    expect(noted(known)).toEqual([]);
    await endEscaped(() => known.living('server-1'), { graceMs: 0 });
  });

  it('is written at the next look if it could not be written at this one', async () => {
    const { known, server } = await watching('env -i sleep 600 >/dev/null & echo $!; wait');
    const child = await server.printed();
    await eventually(() => readFileSync(`/proc/${child}/cmdline`, 'utf8').startsWith('sleep'));
    known.look();
    expect(() =>
      known.note('server-1', () => {
        throw new Error('no space');
      }),
    ).toThrow('no space');
    expect(noted(known)).toEqual([child]);
    await endEscaped(() => known.living('server-1'), { graceMs: 0 });
  });
});

describe('escaped processes', () => {
  it('get the first signal, but for those that another of them has started, and SIGKILL after their grace', async () => {
    const inner = `trap "echo inner" TERM; while :; do sleep 0.02; done`;
    const { server, known, pids } = await watching(
      `trap 'echo outer >> ${places.directory}/log' TERM; (${inner} >> ${places.directory}/log) & while :; do sleep 0.02; done`,
    );
    await eventually(() => pids().length >= 3);
    await endEscaped(() => known.living('server-1'), { graceMs: 300 });
    expect(readFileSync(join(places.directory, 'log'), 'utf8')).toBe('outer\n');
    expect(isGone(server.pid)).toBe(true);
  });
});
