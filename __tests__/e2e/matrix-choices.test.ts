import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { loads, runMatrix } from './matrix-project';
import { noModel, outcome, providerModule, spec } from './noting-project';
import { bothModes, type JestRun, type RunOptions } from './run-jest';

// What a run of a matrix is narrowed to: by names, files, projects, failures, machines and the environment.

const models = `['noting:a', { spec: 'noting:b', config: { size: 2 }, label: 'b' }, 'noting:c']`;
const plain = (name: string): string =>
  spec(`withClient(${models}, (handle, model) => test('runs', () => note('${name} ' + model)));`);
const files = {
  ...providerModule({
    noting: `new NotingProvider({ maxLive: 1, retain: 'session' })`,
    db: noModel(`{ sharing: 'perLease' }`),
  }),
  'one.eval.js': plain('one'),
  'slow.eval.js': spec(`withClient(${models}, (handle, model) => {
    test('runs', async () => {
      note('slow ' + model);
      await new Promise((resolve) => setTimeout(resolve, model === 'b' ? Number(process.env.SLOW_MS ?? 0) : 0));
    });
  });`),
  'changed.eval.js': plain('changed'),
};
const failing = {
  'changed.eval.js': spec(`withClient(${models}, (handle, model) => {
    test('runs', () => { note('changed ' + model); expect(model).not.toBe('b'); });
  });`),
  'labels.eval.js': spec(`withClient([{ spec: 'noting:a', label: 'A' }], () => test('x', () => undefined));`),
  'judge.eval.js': spec(`
    withClients({ model: 'db:shop', judge: 'noting:c' }, ({ judge }) => {
      test('a model that is only the judge', () => note(judge.client.name + ' judges'));
    });`),
};
const mixed = spec(`
  test('of no model', () => note('of no model'));
  describe('group', () => {
    withClient(['noting:a', 'noting:c'], (handle, model) => test('in a group', () => note('in a group ' + model)));
  });`);

describe.each(bothModes)('a matrix that is run again and again, %s', (mode) => {
  let broken: JestRun;
  beforeAll(async () => {
    // Far longer than what the machine may add to another file. Only in band it matters which one goes first.
    const slow: RunOptions = mode === 'in band' ? { env: { SLOW_MS: '3000' } } : {};
    broken = await runMatrix({ ...files, ...failing }, mode, { models }, slow);
    for (const name of ['labels.eval.js', 'judge.eval.js']) rmSync(join(broken.project, name));
  });
  const again = (options: RunOptions, changed: Readonly<Record<string, string>> = {}): Promise<JestRun> =>
    runMatrix(changed, mode, { models }, { ...options, project: broken.project });

  test('a model under two labels is red, and says so', () => {
    expect(broken).toMatchObject({ exit: 1, left: [] });
    expect(outcome(broken, 'labels.eval.js')).toMatchObject({
      status: 'failed',
      message: expect.stringContaining(
        'A block calls "noting:a" "A", but modelMatrix() in jest.config calls it "noting:a"',
      ) as string,
    });
  });

  test('a model that is only the judge does not decide in which project a test runs', () => {
    const title = 'db:shop noting:c a model that is only the judge';
    expect(broken.tests.filter((test) => test.title === title).map(({ status }) => status)).toEqual([
      'passed',
    ]);
    expect(broken.notes).toContain('c judges');
    expect(broken.output).toMatch(/noting:a[^\n]*judge\.eval\.js/);
  });

  test('--onlyFailures runs what failed, in its own project alone', async () => {
    const run = await again({ args: ['--onlyFailures'] });
    expect(run).toMatchObject({ exit: 1, left: [] });
    expect(run.notes.filter((note) => note.startsWith('changed'))).toEqual(['changed b']);
    expect(loads(run)).toEqual(['noting:b']);
    expect(run.tests).toHaveLength(1);
  });

  describe('--selectProjects', () => {
    let run: JestRun;
    beforeAll(async () => {
      run = await again({ args: ['--selectProjects', 'b'] }, { 'changed.eval.js': plain('changed') });
    });

    test('loads no more than it needs', () => {
      expect(run).toMatchObject({ exit: 0, left: [] });
      expect([loads(run), run.tests.length]).toEqual([['noting:b'], 3]);
    });

    if (mode === 'in band')
      test('within a model, what failed goes first, then what is slow', () => {
        expect(run.notes.filter((note) => note.endsWith(' b') && !note.startsWith('st'))).toEqual([
          'changed b',
          'slow b',
          'one b',
        ]);
      });
  });

  test('-t loads no more than it needs', async () => {
    const run = await again({ args: ['-t', '^b runs'] });
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(loads(run)).toEqual(['noting:b']);
  });

  test('EVALS_MODELS chooses projects; what stands in no model runs all the same', async () => {
    const run = await again({ env: { EVALS_MODELS: 'noting:c' } }, { 'mixed.eval.js': mixed });
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(loads(run)).toEqual(['noting:c']);
    expect(run.notes).toEqual(expect.arrayContaining(['of no model', 'in a group noting:c']));
    expect(run.notes).not.toContain('in a group noting:a');
  });
});

test.each(bothModes)(
  'a label in EVALS_MODELS that the matrix does not know is an error at once, %s',
  async (mode) => {
    const run = await runMatrix(files, mode, { models }, { env: { EVALS_MODELS: 'b,noting:d' } });
    expect(run).toMatchObject({ exit: 1, notes: [], left: [] });
    expect(run.output).toContain(
      'EVALS_MODELS names "noting:d", which is not among the models of modelMatrix(): noting:a, b, noting:c.',
    );
  },
);

test('--shard gives each machine whole models, and all of them together every test once, however each runs its files', async () => {
  const four = Object.fromEntries(
    ['one', 'two', 'three', 'four'].map((name) => [`${name}.eval.js`, plain(name)]),
  );
  const runs: JestRun[] = [];
  for (const [shard, mode] of [
    ['1/2', bothModes.at(0)],
    ['2/2', bothModes.at(-1)],
  ] as const)
    runs.push(await runMatrix(four, mode ?? 'in band', { models }, { args: ['--shard', shard] }));
  expect(runs.map(({ exit }) => exit)).toEqual([0, 0]);
  expect(runs.map(loads)).toEqual([
    ['noting:a', 'noting:b'],
    ['noting:b', 'noting:c'],
  ]);
  const ran = runs.flatMap(({ notes }) => notes.filter((note) => !/^st/.test(note)));
  expect(new Set(ran).size).toBe(12);
  expect(ran).toHaveLength(12);
});
