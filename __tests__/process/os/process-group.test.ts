import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { groupMembers, stopGroup } from '../../../src/process/os/process-group';
import { processEntry, type ProcessIdentity } from '../../../src/process/os/process-identity';
import { eventually } from '../../support/eventually';
import { dist } from '../node-script';
import { ownPlaces } from '../../support/own-places';

const places = ownPlaces();
const leaders = new Set<ProcessIdentity>();

interface Group {
  readonly child: ChildProcess;
  readonly group: number;
  readonly leader: ProcessIdentity;
  output(): string;
}

/** A group whose leader runs a shell script, once it has printed "up". */
async function startGroup(script: string): Promise<Group> {
  const child = spawn('/bin/sh', ['-c', script], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: places.directory,
  });
  const group = child.pid ?? 0;
  const leader = { pid: group, startTime: processEntry(group)!.startTime };
  leaders.add(leader);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await eventually(() => text.includes('up'));
  return { child, group, leader, output: () => text };
}

afterEach(async () => {
  await Promise.all([...leaders].map((leader) => stopGroup(leader, noGrace)));
  leaders.clear();
});

const noGrace = 0;
const longGrace = 600_000;

describe('stopping a group', () => {
  it('needs no force when the leader ends politely', async () => {
    const { child, group, leader } = await startGroup(
      `trap 'exit 7' TERM; echo up; while :; do sleep 0.02; done`,
    );
    const ended = once(child, 'exit');
    expect(await stopGroup(leader, longGrace)).toEqual({ forced: false, survivors: [] });
    expect(await ended).toEqual([7, null]);
    expect(groupMembers(group)).toEqual([]);
  });

  it('kills a leader that ignores SIGTERM when its grace is over', async () => {
    const { child, group, leader } = await startGroup(`trap '' TERM; echo up; while :; do sleep 0.02; done`);
    const ended = once(child, 'exit');
    expect(await stopGroup(leader, 100)).toEqual({ forced: true, survivors: [] });
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(groupMembers(group)).toEqual([]);
  });

  it('kills a grandchild that outlives the leader and holds its standard streams', async () => {
    const { child, group, leader } = await startGroup(
      `(trap '' TERM; echo up; while :; do sleep 0.02; done) & trap 'exit 0' TERM; while :; do sleep 0.02; done`,
    );
    const closed = once(child, 'close');
    expect(await stopGroup(leader, longGrace)).toEqual({ forced: true, survivors: [] });
    expect(groupMembers(group)).toEqual([]);
    // No process holds the pipe any more.
    await closed;
  });

  it('ends the members of a group whose leader died first', async () => {
    const { child, group, leader } = await startGroup(`(echo up; exec sleep 600) & wait`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(groupMembers(group)).not.toEqual([]);
    expect(await stopGroup(leader, longGrace)).toEqual({ forced: true, survivors: [] });
    expect(groupMembers(group)).toEqual([]);
  });

  it('sends SIGTERM to the leader alone, and only once', async () => {
    const { leader } = await startGroup(
      `(trap 'echo member >> terms' TERM; while :; do sleep 0.02; done) & ` +
        `trap 'echo leader >> terms' TERM; echo up; while :; do sleep 0.02; done`,
    );
    const terms = join(places.directory, 'terms');
    const forceKill = new AbortController();
    const stop = stopGroup(leader, longGrace, forceKill.signal);
    await eventually(() => existsSync(terms));
    // A moment for one that should not come.
    await sleep(300);
    forceKill.abort();
    await stop;
    expect(readFileSync(terms, 'utf8')).toBe('leader\n');
  });

  it('kills at once, unasked, where there is no grace', async () => {
    const { child, leader } = await startGroup(`trap 'exit 7' TERM; echo up; while :; do sleep 0.02; done`);
    const ended = once(child, 'exit');
    expect(await stopGroup(leader, noGrace)).toEqual({ forced: true, survivors: [] });
    expect(await ended).toEqual([null, 'SIGKILL']);
  });

  it('ends a grace period when told to forceKill', async () => {
    const { leader, output } = await startGroup(`trap 'echo no' TERM; echo up; while :; do sleep 0.02; done`);
    const forceKill = new AbortController();
    const stop = stopGroup(leader, longGrace, forceKill.signal);
    await eventually(() => output().includes('no'));
    forceKill.abort();
    expect(await stop).toEqual({ forced: true, survivors: [] });
  });

  it('still gives the leader its SIGTERM when it has to forceKill from the start', async () => {
    const { child, leader } = await startGroup(`trap 'exit 7' TERM; echo up; while :; do sleep 0.02; done`);
    expect(await stopGroup(leader, longGrace, AbortSignal.abort())).toMatchObject({ survivors: [] });
    expect(child.exitCode ?? child.signalCode ?? (await once(child, 'exit'))).toBeTruthy();
  });

  it('is done at once when the group is gone', async () => {
    const { child, leader } = await startGroup('echo up');
    if (child.exitCode === null) await once(child, 'exit');
    expect(await stopGroup(leader, longGrace)).toEqual({ forced: false, survivors: [] });
  });

  it('does not wait for the dead, which a parent that never reaps them keeps in the process table', async () => {
    // By the second exec it has forgotten that it has a child.
    const parent = await startGroup(`setsid sleep 600 & echo child $!; exec sh -c 'echo up; exec sleep 600'`);
    const zombie = Number(/child (\d+)/.exec(parent.output())?.[1]);
    await eventually(() => processEntry(zombie)?.group === zombie);
    const leader = { pid: zombie, startTime: processEntry(zombie)!.startTime };
    leaders.add(leader);
    process.kill(zombie, 'SIGKILL');
    await eventually(() => processEntry(zombie)?.isZombie === true);
    expect(groupMembers(zombie)).toEqual([]);
    expect(await stopGroup(leader, longGrace)).toEqual({ forced: false, survivors: [] });
  });

  it.each([noGrace, longGrace])(
    'leaves a process alone that has got its number, grace %d',
    async (graceMs) => {
      const { leader, group } = await startGroup('echo up; exec sleep 600');
      const before = { ...leader, startTime: '1' };
      expect(await stopGroup(before, graceMs)).toEqual({ forced: false, survivors: [] });
      expect(groupMembers(group)).toHaveLength(1);
    },
  );

  it('kills members that fork all the time', async () => {
    const { group, leader } = await startGroup(
      `trap '' TERM; echo up; while :; do (sleep 0.1; :) & sleep 0.005; done`,
    );
    expect(await stopGroup(leader, noGrace)).toEqual({ forced: true, survivors: [] });
    expect(groupMembers(group)).toEqual([]);
  });

  it('never takes 0, which is the own group for kill(2), for one', async () => {
    // In a separate group: if it were signalled, the script would be killed.
    const { child, output } = await startGroup(
      `exec '${process.execPath}' -e "
        const { stopGroup } = require('${join(dist, 'src/process/os/process-group.js')}');
        const own = { pid: 0, startTime: '1' };
        Promise.allSettled([stopGroup(own, 0), stopGroup(own, 100)]).then((results) =>
          console.log('up', results.map(({ reason }) => reason.message).join()));"`,
    );
    if (child.exitCode === null) await once(child, 'exit');
    expect(child.exitCode).toBe(0);
    expect(output().match(/0 is not the process group of a server/g)).toHaveLength(2);
  });
});
