import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EvalRun } from '../../src/pattern/eval-run';
import { ownIdentity } from '../../src/process/os/process-identity';
import { lockRun } from '../../src/run/run-lock';
import { endScriptsAfterEach, startScript } from '../process/node-script';
import { ownPlaces } from '../support/own-places';

const places = ownPlaces();
endScriptsAfterEach();

function run(): EvalRun {
  const directory = join(places.directory, '.evals', 'mine');
  return {
    run: 'mine',
    directory,
    root: places.directory,
    git: null,
    seed: 1,
    packages: {},
    rerun: null,
    samples: null,
    models: null,
    transcripts: null,
    recordings: { mode: 'off', ignore: [] },
    prices: {},
    maxCost: null,
  };
}
const lock = (): string => join(run().directory, '.lock');

test('a run that a living process writes is refused, with its number', () => {
  const unlock = lockRun(run());
  expect(() => lockRun(run())).toThrow(
    expect.objectContaining({
      code: 'RUN_IN_USE',
      message: `EVALS_RUN is "mine", but another Jest (pid ${process.pid}) is writing that run just now: wait for its end, or name another.`,
    }),
  );
  unlock();
  expect(existsSync(lock())).toBe(false);
});

test.each([
  ['of a process that is dead', JSON.stringify({ ...ownIdentity(), startTime: '1' })],
  ['that was being written when its process was killed', '{"pid":'],
])('a lock %s is taken over', (_what, text) => {
  lockRun(run())();
  writeFileSync(lock(), text);
  const unlock = lockRun(run());
  expect(JSON.parse(readFileSync(lock(), 'utf8'))).toMatchObject(ownIdentity());
  unlock();
});

test.each([
  ['a directory', 'EISDIR', (path: string) => mkdirSync(path)],
  ['a link', 'ELOOP', (path: string) => symlinkSync('nowhere', path)],
])('where %s is in the place of the lock, the error says what to remove', (_what, code, put) => {
  lockRun(run())();
  put(lock());
  expect(() => lockRun(run())).toThrow(
    expect.objectContaining({
      code: 'LOG_INVALID',
      message: expect.stringMatching(
        new RegExp(
          `^EVALS_RUN is "mine", but ${lock()}, the lock that keeps a second Jest from writing that run, cannot be taken: ${code}: .*\\. Remove what is in its place\\.$`,
        ),
      ) as string,
      details: { run: 'mine', path: lock(), code },
    }),
  );
});

test('where the folder of a run cannot be written to, the error names the lock, what it is for, and the fix', async () => {
  mkdirSync(run().directory, { recursive: true });
  for (const path of [places.directory, run().directory]) chmodSync(path, 0o555);
  const script = startScript(
    `const { lockRun } = require('#run/run-lock');
    if (process.getuid() === 0) process.setuid(65534);
    try { lockRun(${JSON.stringify(run())}); } catch (error) { console.log(error.code, error.message); }`,
    places.env,
  );
  await script.ended;
  chmodSync(places.directory, 0o755);
  expect(script.output()).toMatch(
    new RegExp(
      `^LOG_INVALID EVALS_RUN is "mine", but ${lock()}, the lock .* cannot be taken: EACCES: .*\\. Make ${run().directory} a folder that you can write to, or name another run\\.\n$`,
    ),
  );
});

test('a lock that another took over is not removed', () => {
  const unlock = lockRun(run());
  writeFileSync(lock(), '{"pid":1,"startTime":"1"}');
  unlock();
  unlock();
  expect(existsSync(lock())).toBe(true);
});

test('a run with logs of an earlier schema is not continued, and the command for a new one is given', () => {
  const begin = (schema: number): void =>
    writeFileSync(join(run().directory, 'sums.jsonl'), `${JSON.stringify({ type: 'header', schema })}\n`);
  lockRun(run())();
  begin(1);
  expect(() => lockRun(run())).toThrow(
    expect.objectContaining({
      code: 'LOG_INVALID',
      message: expect.stringMatching(
        /^EVALS_RUN is "mine", which has logs of schema 1, .*sums\.jsonl: this version reads them, but cannot continue them, .* Begin a new run: EVALS_RUN=mine-2 npx jest/,
      ) as string,
    }),
  );
  expect(existsSync(lock())).toBe(false);
  mkdirSync(join(places.directory, '.evals', 'mine-2'));
  expect(() => lockRun(run())).toThrow('EVALS_RUN=mine-3 npx jest');
  begin(3);
  expect(() => lockRun(run())).toThrow('has schema 3');
  begin(2);
  lockRun(run())();
  writeFileSync(join(run().directory, 'sums.jsonl'), '{"type":');
  lockRun(run())();
});

test('the folder of all runs tells git to ignore it', () => {
  lockRun(run())();
  expect(readFileSync(join(places.directory, '.evals', '.gitignore'), 'utf8')).toBe('*\n');
});
