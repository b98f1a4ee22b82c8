import { spawn, type ChildProcess } from 'node:child_process';
import { on } from 'node:events';
import { existsSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { takeLock } from '../../../src/process/os/lock-file';
import { ownIdentity } from '../../../src/process/os/process-identity';
import { ownPlaces } from '../../support/own-places';

const places = ownPlaces();
const program = join(__dirname, '../../../dist/src/process/os/lock-file.js');
const dead = JSON.stringify({ ...ownIdentity(), startTime: '1' });

/** Says that it is ready, takes the locks that it is told, says which it has got, and ends with its input. */
const script = `
  const { takeLock } = require(${JSON.stringify(program)});
  console.log('[]');
  process.stdin.once('data', (paths) => {
    const taken = JSON.parse(paths).filter((path) => takeLock(path).unlock !== undefined);
    console.log(JSON.stringify(taken));
  });`;

let children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
});

test('of processes that want a lock at once one gets it, be it new or that of a dead process', async () => {
  const paths = Array.from({ length: 200 }, (_, index) => join(places.directory, `lock ${index}`));
  for (const [index, path] of paths.entries()) if (index % 2 === 0) writeFileSync(path, dead);
  const started = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] }),
  );
  children = started;
  const said = started.map(({ stdout }) => on(createInterface(stdout), 'line'));
  // None ends before the last has tried: then its locks would be those of a dead process.
  const eachSays = async (): Promise<string[]> => {
    const lines = await Promise.all(said.map(async (lines) => (await lines.next()).value as [string]));
    return lines.flatMap(([line]) => JSON.parse(line) as string[]);
  };
  await eachSays();
  for (const { stdin } of started) stdin.write(JSON.stringify(paths));
  expect((await eachSays()).sort()).toEqual([...paths].sort());
  expect(
    readdirSync(places.directory)
      .filter((name) => name.startsWith('lock '))
      .sort(),
  ).toEqual(paths.map((path) => path.slice(places.directory.length + 1)).sort());
});

test('a link in its place is not followed', () => {
  const [path, target] = [join(places.directory, 'lock'), join(places.directory, 'target')];
  symlinkSync(target, path);
  expect(() => takeLock(path)).toThrow('ELOOP');
  expect(existsSync(target)).toBe(false);
});
