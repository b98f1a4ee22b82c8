import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ownPlaces } from './own-places';
import { eventually } from './eventually';
import { killProcessesOf, leftBehind, processesOf } from './left-behind.cjs';
import { markedProcesses, means, processesIn } from './processes.cjs';

const places = ownPlaces();
const running: (() => void)[] = [];
afterEach(() => running.splice(0).forEach((end) => end()));

/** A process that works in `cwd`, and says in its environment whose it is. */
async function start(cwd: string, env: Record<string, string>): Promise<number> {
  const child = spawn(
    process.execPath,
    ['-e', 'console.log("up"); setInterval(() => 0, 1000)', '--', 'mine'],
    {
      cwd,
      env: { ...places.env, ...env },
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  running.push(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child.pid as number;
}

const isThere = { proc: process.platform === 'linux', commands: has('ps') && has('lsof') };

function has(command: string): boolean {
  return spawnSync(command, ['-v']).error === undefined;
}

describe.each(['proc', 'commands'] as const)('by means of %s', (name) => {
  const { marked, workingIn } = means[name];
  const testIfThere = isThere[name] ? test : test.skip;

  testIfThere('a process is found by the beginning of a variable, with its command line', async () => {
    const [own, within] = [
      await start('/', { MINE: `${places.directory}` }),
      await start('/', { MINE: `${places.directory}/within` }),
    ];
    await start('/', { OTHER: places.directory });
    const found = marked(`MINE=${places.directory}`);
    expect(found.map(({ pid }) => pid).sort()).toEqual([own, within].sort());
    for (const { command } of found) expect(command).toMatch(/^.*node -e console.log.* -- mine ?$/);
  });

  testIfThere(
    'a process is found by the directory in which it works, and one below it, removed or not',
    async () => {
      const directory = realpathSync(places.directory);
      for (const name of ['a', 'a/b', 'ab']) mkdirSync(join(directory, name));
      const pids = [await start(join(directory, 'a'), {}), await start(join(directory, 'a/b'), {})];
      await start(join(directory, 'ab'), {});
      rmSync(join(directory, 'a/b'), { recursive: true });
      const found = workingIn(join(directory, 'a')).map(({ pid }) => pid);
      expect(found.sort()).toEqual(pids.sort());
    },
  );
});

test('what a run has left is its processes, its sessions’ directories and its ledgers', async () => {
  expect(leftBehind(places)).toEqual([]);
  const pid = await start('/', {});
  mkdirSync(join(places.temporary, 'jmp-1'));
  mkdirSync(join(places.temporary, 'other'));
  mkdirSync(join(places.state, 'jest-model-provider/sessions/1.jsonl'), { recursive: true });
  expect(leftBehind(places)).toEqual([
    expect.stringMatching(new RegExp(`^process ${pid}: .*node -e`)),
    'jmp-1',
    'ledger 1.jsonl',
  ]);
});

test('the processes of a run can be killed, and then none of it is left', async () => {
  const pid = await start('/', { TMPDIR: join(places.temporary, 'within') });
  expect(processesOf(places.temporary).map((found) => found.pid)).toEqual([pid]);
  killProcessesOf(places.temporary);
  await eventually(() => markedProcesses(`TMPDIR=${places.temporary}`).length === 0);
  expect(processesIn(places.directory)).toEqual([]);
});
