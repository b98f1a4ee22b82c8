import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  bootId,
  isAlive,
  ownIdentity,
  parsePs,
  parseStat,
  processEntry,
} from '../../../src/process/os/process-identity';
import { eventually } from '../../support/eventually';

const stat = (name: string, state = 'S', threads = 1): string =>
  `4242 (${name}) ${state} 1 4200 4100 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 ${threads} 0 987654 1000 200 18446744073709551615 1 1`;

describe('the text of /proc/PID/stat', () => {
  it.each(['node', 'a b', 'a) S 1 2 3', '((', ')', '', 'new\nline', 'MainThread)) Z (x'])(
    'is read rightly for a process called %p',
    (name) => {
      expect(parseStat(4242, stat(name))).toEqual({
        pid: 4242,
        parent: 1,
        group: 4200,
        startTime: '987654',
        isZombie: false,
        isStopped: false,
      });
    },
  );

  it.each(['Z', 'X'])('says %s of a process that is dead and not yet reaped', (state) => {
    expect(parseStat(4242, stat('node', state)).isZombie).toBe(true);
  });

  it('says T of a process that is frozen', () => {
    expect(parseStat(4242, stat('node', 'T'))).toMatchObject({ isZombie: false, isStopped: true });
  });

  it('does not say so while other threads of it still hold what it held', () => {
    expect(parseStat(4242, stat('node', 'Z', 3)).isZombie).toBe(false);
  });
});

describe('the output of ps', () => {
  it('is read line by line, the start date included', () => {
    const text =
      '    1     0     1 Ss   Mon Nov 23 16:00:01 2026\n  612     1   600 Z+   Tue Nov  3 06:00:01 2026    \n  700   612   600 T    Tue Nov  3 06:00:02 2026\n\ngarbage\n';
    const [third, second] = ['Tue Nov  3 06:00:02 2026', 'Tue Nov  3 06:00:01 2026'];
    const alive = { isZombie: false, isStopped: false };
    expect(parsePs(text)).toEqual([
      { pid: 1, parent: 0, group: 1, startTime: 'Mon Nov 23 16:00:01 2026', ...alive },
      { pid: 612, parent: 1, group: 600, startTime: second, ...alive, isZombie: true },
      { pid: 700, parent: 612, group: 600, startTime: third, ...alive, isStopped: true },
    ]);
  });
});

describe('a process', () => {
  it('is alive under its number and start time', () => {
    expect(ownIdentity()).toEqual({ pid: process.pid, startTime: expect.stringMatching(/./) as string });
    expect(isAlive(ownIdentity())).toBe(true);
  });

  it('is not the one that had its number before', () => {
    expect(isAlive({ ...ownIdentity(), startTime: '1' })).toBe(false);
    expect(isAlive({ ...ownIdentity(), startTime: '' })).toBe(false);
  });

  it('is not alive once it has ended', async () => {
    const child = spawn('/bin/sleep', ['600']);
    await once(child, 'spawn');
    const { pid, startTime } = processEntry(child.pid ?? 0)!;
    expect(isAlive({ pid, startTime })).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isAlive({ pid, startTime })).toBe(false);
  });

  it('is not alive as a zombie, which its parent has not reaped', async () => {
    // The shell starts a child and becomes a program that never waits for it.
    const parent = spawn('/bin/sh', ['-c', '/bin/sleep 0 & echo $!; exec /bin/sleep 600']);
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    await eventually(() => processEntry(pid)?.isZombie === true);
    expect(isAlive({ pid, startTime: processEntry(pid)?.startTime ?? '' })).toBe(false);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
  });
});

it('the boot has one name as long as it lasts', () => {
  expect(bootId()).toMatch(/^(?!unknown).+/);
  expect(bootId()).toBe(bootId());
});
