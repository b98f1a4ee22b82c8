import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chosenModels } from '../../src/run/chosen-models';
import { runSettings } from '../../src/run/run-settings';
import { ownPlaces } from '../support/own-places';

const places = ownPlaces();
const facts = (): { rootDir: string; seed: number } => ({ rootDir: places.directory, seed: 7 });
const noOptions: Parameters<typeof runSettings>[2] = {
  prices: {},
  maxCost: null,
  transcripts: null,
  recordings: { mode: 'off', ignore: [] },
};
const run = (env: Record<string, string>) => runSettings(facts(), env, noOptions)();

test('a run without a name is called by its time, and no two alike', async () => {
  const [first, second] = await Promise.all([run({}), run({ EVALS_RUN: '' })]);
  expect(first.run).toMatch(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-[0-9a-f]{8}$/);
  expect(first.run).not.toBe(second.run);
  expect(first).toMatchObject({ seed: 7, rerun: null, samples: null, models: null });
  expect(first.directory).toBe(join(places.directory, '.evals', first.run));
});

test('its variables are read', async () => {
  const env = {
    EVALS_RUN: 'nächtlich_1.2',
    EVALS_RERUN: 'errors',
    EVALS_SAMPLES: '10',
    EVALS_MODELS: 'a, b:c',
  };
  expect(await run(env)).toMatchObject({
    run: 'nächtlich_1.2',
    rerun: 'errors',
    samples: 10,
    models: ['a', 'b:c'],
  });
});

test.each([
  ['EVALS_RUN', '../up', 'a name of letters, digits'],
  ['EVALS_RUN', 'a/b', 'a name of letters, digits'],
  ['EVALS_RUN', '.hidden', 'does not begin with a dot'],
  ['EVALS_RUN', 'x'.repeat(101), 'of 100 bytes at most'],
  ['EVALS_RERUN', 'error', 'it must be errors, failed or all'],
  ['EVALS_SAMPLES', '0', 'it must be a whole number of at least 1'],
  ['EVALS_SAMPLES', '1.5', 'it must be a whole number of at least 1'],
  ['EVALS_SAMPLES', 'ten', 'it must be a whole number of at least 1'],
  ['EVALS_MODELS', 'a,', 'it must be labels of models'],
])('%s of %j is refused, with what it must be', (name, value, wanted) => {
  expect(() => runSettings(facts(), { [name]: value }, noOptions)).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(wanted) as string }),
  );
  expect(() => runSettings(facts(), { [name]: value }, noOptions)).toThrow(
    `${name} is ${JSON.stringify(value)}; `,
  );
});

test('EVALS_RERUN wants the run to be named, since a new one has nothing to run again', () => {
  for (const EVALS_RUN of ['', undefined])
    expect(() => runSettings(facts(), { EVALS_RERUN: 'errors', EVALS_RUN }, noOptions)).toThrow(
      'EVALS_RERUN is "errors", but EVALS_RUN does not name the run to continue',
    );
});

test('without EVALS_MODELS all models are chosen', () => {
  expect([chosenModels({}), chosenModels({ EVALS_MODELS: '' })]).toEqual([null, null]);
});

describe('the commit', () => {
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=n', '-c', 'user.email=e@example.com', ...args], {
      cwd: places.directory,
      encoding: 'utf8',
    }).trim();

  it('is unknown outside a repository', async () => {
    expect((await run({})).git).toBeNull();
  });

  it('is named, with whether there are changes', async () => {
    git('init', '--quiet');
    writeFileSync(join(places.directory, 'a.txt'), 'a');
    git('add', '.');
    git('commit', '--quiet', '--message', 'first');
    const commit = git('rev-parse', 'HEAD');
    expect((await run({})).git).toEqual({ commit, dirty: false });
    writeFileSync(join(places.directory, 'a.txt'), 'b');
    expect((await run({})).git).toEqual({ commit, dirty: true });
  });
});
