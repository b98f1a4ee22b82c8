import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { takeLock } from '../../../src/process/os/lock-file';
import { thisMachine } from '../../../src/process/os/machine';
import { ownIdentity } from '../../../src/process/os/process-identity';
import { ownPlaces } from '../../support/own-places';
import { dist, endScriptsAfterEach, startScript } from '../node-script';

const places = ownPlaces();
endScriptsAfterEach();

const count = 340;
const path = (index: number): string => join(places.directory, `lock-${index}`);
const ofTheDead = JSON.stringify({ ...ownIdentity(), startTime: '1' });

test.each([
  ['that nobody has', undefined],
  ['of a dead process', ofTheDead],
  ['that was being written when its process was killed', '{"pid":'],
])('of four who ask at once for a lock %s, one gets it', async (_what, text) => {
  const indexes = Array.from({ length: count }, (_each, index) => index);
  if (text !== undefined) for (const index of indexes) writeFileSync(path(index), text);
  // Each lock in its moment, and alive until both are done: the lock of a dead process is free.
  const asking = `
    const { takeLock } = require('#process/os/lock-file');
    const taken = [];
    for (let index = 0; index < ${count}; index += 1) {
      while (Date.now() < ${Date.now() + 500} + index);
      if (takeLock(${JSON.stringify(path(0))}.replace(/0$/, index)).unlock !== undefined) taken.push(index);
    }
    console.log('taken ' + JSON.stringify(taken));
    setInterval(() => undefined, 1000);`;
  const scripts = Array.from({ length: 4 }, () => startScript(asking, places.env));
  const taken = await Promise.all(
    scripts.map(async (script) => JSON.parse((await script.printed(/taken (.*)\n/))[1]!) as number[]),
  );
  expect(taken.flat().sort((a, b) => a - b)).toEqual(indexes);
});

test('nothing is left beside a lock, and nothing of it once it is given back', () => {
  writeFileSync(path(1), ofTheDead);
  const { unlock } = takeLock(path(1));
  expect(takeLock(path(1)).holder).toEqual({ ...ownIdentity(), isElsewhere: false });
  const files = (): string[] => readdirSync(places.directory).filter((name) => name.startsWith('lock-'));
  expect(files()).toEqual(['lock-1']);
  unlock?.();
  expect(files()).toEqual([]);
});

test('nothing is left of a lock that cannot be written', () => {
  // A limit on what files may have acts as a full disk does.
  const code = `process.on('SIGXFSZ', () => undefined);
    const { takeLock } = require(${JSON.stringify(join(dist, 'src/process/os/lock-file.js'))});
    try { takeLock(${JSON.stringify(path(6))}); } catch (error) { console.log(error.code); }`;
  const limited = ['-c', 'ulimit -f 0; exec "$0" -e "$1"', process.execPath, code];
  expect(execFileSync('sh', limited, { env: places.env, encoding: 'utf8' })).toBe('EFBIG\n');
  expect(readdirSync(places.directory).filter((name) => name.startsWith('lock-'))).toEqual([]);
});

test.each([{ pidNamespace: 'pid:[1]' }, { host: 'another' }])(
  'the lock of another machine or container is its own, whatever runs here: %j',
  (machine) => {
    writeFileSync(path(3), JSON.stringify({ pid: 1, startTime: '1', ...thisMachine(), ...machine }));
    expect(takeLock(path(3)).holder).toEqual({ pid: 1, startTime: '1', isElsewhere: true });
  },
);

test('a lock is not that of a process with the same number in another container, which is just taking it', () => {
  const theirs = JSON.stringify({ ...ownIdentity(), ...thisMachine(), pidNamespace: 'pid:[1]' });
  const draft = `${path(5)}.${process.pid}`;
  writeFileSync(draft, theirs);
  linkSync(draft, path(5));
  expect(takeLock(path(5)).holder).toMatchObject({ isElsewhere: true });
  expect(readFileSync(path(5), 'utf8')).toBe(theirs);
});

test('the lock of an earlier boot of this machine is taken over', () => {
  writeFileSync(path(4), JSON.stringify({ ...ownIdentity(), ...thisMachine(), bootId: 'an earlier one' }));
  expect(takeLock(path(4)).unlock).toBeDefined();
});

test('a link in the place of a lock is not followed', () => {
  const target = join(places.directory, 'target');
  symlinkSync(target, path(2));
  expect(() => takeLock(path(2))).toThrow('ELOOP');
  expect(existsSync(target)).toBe(false);
});
