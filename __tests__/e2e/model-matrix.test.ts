import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loads, matrixConfig, oneSlot, runMatrix } from './matrix-project';
import { noModel, outcome, providerModule, spec } from './noting-project';
import { bothModes, startJest } from './run-jest';

const models = `['noting:a', { spec: 'noting:b', config: { size: 2 }, label: 'b' }, 'noting:c']`;
const files = Object.fromEntries(
  ['one', 'two', 'three', 'four'].map((name) => [
    `${name}.eval.js`,
    spec(`withClient(${models}, (handle, model) => {
      test('runs', () => note(['${name}', model, handle.client.name].join(' ')));
    });`),
  ]),
);
const mixed = spec(`
  beforeAll(() => note('beforeAll of the file'));
  test('of no model', () => note('of no model'));
  foreach('n', [1], () => { note('evaluation of no model'); return true; });
  describe('group', () => {
    beforeAll(() => note('beforeAll of the group'));
    withClient(['noting:a', 'noting:c'], (handle, model) => {
      test('in a group', () => note('in a group ' + model));
      withClient(['noting:other'], () => test.todo('later'));
    });
  });
  describe('without a model', () => {
    beforeAll(() => note('beforeAll without a model'));
    test('plain', () => note('plain'));
  });`);

describe.each(bothModes)('modelMatrix, %s', (mode) => {
  test('N files × M models on one slot cost M loads, one project after the other', async () => {
    const run = await runMatrix(files, mode, { models });
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(loads(run)).toEqual(['noting:a', 'noting:b', 'noting:c']);
    expect(run.notes.filter((note) => / (a|b|c)$/.test(note) && !/^st/.test(note)).sort()).toEqual(
      ['four', 'one', 'three', 'two']
        .flatMap((name) => [`noting:a a`, `b b`, `noting:c c`].map((rest) => `${name} ${rest}`))
        .sort(),
    );
    // Nothing is skipped, and Jest has no complaint about the configuration.
    expect(run.tests.map(({ status }) => status)).toEqual(Array(12).fill('passed'));
    expect(run.output).toMatch(/noting:a.*one\.eval\.js/);
    expect(run.output).not.toMatch(/Validation|not supported/);
  });

  test('every test runs once, hooks as often as their tests need them', async () => {
    const run = await runMatrix({ 'mixed.eval.js': mixed }, mode, { models });
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(run.notes.filter((note) => !/^st/.test(note)).sort()).toEqual(
      [
        ...Array<string>(2).fill('beforeAll of the file'),
        ...Array<string>(2).fill('beforeAll of the group'),
        'beforeAll without a model',
        'evaluation of no model',
        'in a group noting:a',
        'in a group noting:c',
        'of no model',
        'plain',
      ].sort(),
    );
    expect(loads(run)).toEqual(['noting:a', 'noting:c']);
    // A file that has nothing for a project is skipped there, and that is all that is seen of it.
    expect(outcome(run, 'has no test for b').status).toBe('pending');
    expect(run.output).toMatch(/Test Suites: 1 skipped, 2 passed, 2 of 3 total/);
  });

  test('models and resources that are not of the matrix go with the block around them, else into the first project', async () => {
    const run = await runMatrix(
      {
        'others.eval.js': spec(`
          withClient(['noting:c'], () => {
            withClient(['noting:a'], () => test.skip('nested', () => undefined));
          });
          withClient(['free:db'], (db) => {
            test('alone', () => note('alone ' + db.client.name));
            withClient(['noting:c'], (handle) => test('both', () => note(db.client.name + '+' + handle.client.name)));
          });`),
        'providers.js': `
          const { defineProviders } = require('jest-model-provider');
          const { NotingProvider } = require('e2e-kit');
          module.exports = defineProviders({ noting: new NotingProvider({ maxLive: 1, retain: 'session' }), free: new NotingProvider() });`,
      },
      mode,
      { models },
    );
    expect(run).toMatchObject({ exit: 0, left: [] });
    const tests = run.tests.filter(({ title }) => !title.endsWith('.js'));
    expect(tests.map(({ title, status }) => `${status} ${title}`).sort()).toEqual([
      'passed free:db alone',
      'passed free:db noting:c both',
      'pending has no test for b',
      'pending noting:c noting:a nested',
    ]);
  });

  test('what models work with runs in the project of the model around it or beside it, else in the first; evaluations are of the model', async () => {
    const run = await runMatrix(
      {
        'several.eval.js': spec(`
          const log = (...names) => () => { note(names.map((read) => read()).join('+') + ' used'); return true; };
          withClients({ db: 'db:shop', model: 'noting:a' }, ({ db, model }) => {
            foreach('n', [1], log(() => db.client.name, () => model.client.name));
          });
          withClients({ one: 'db:shop', other: 'db:twin' }, ({ one, other }) => {
            test('no model', log(() => one.client.name, () => other.client.name));
            withClient(['noting:c'], (handle) => {
              foreach('n', [1], log(() => one.client.name, () => handle.client.name));
            });
          });
          withClient([{ spec: 'noting:b', config: { size: 2 }, label: 'b' }], (handle) => {
            withClients({ db: 'db:shop' }, ({ db }) => {
              foreach('n', [1], log(() => db.client.name, () => handle.client.name));
            });
          });
          withClients({ model: 'db:shop', judge: 'noting:c' }, ({ judge }) => {
            test('a model that is only the judge', log(() => judge.client.name));
          });`),
        ...providerModule({
          noting: `new NotingProvider({ maxLive: 1, retain: 'session' })`,
          db: noModel(`{ sharing: 'perLease' }`),
        }),
      },
      mode,
      { models },
    );
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(run.notes.filter((note) => note.endsWith(' used')).sort()).toEqual([
      ...['c used', 'shop+a used', 'shop+b used', 'shop+c used', 'shop+twin used'],
    ]);
    expect(run.tests.map(({ status, title }) => `${status} ${title}`).sort()).toEqual([
      'passed b db:shop foreach n',
      'passed db:shop db:twin no model',
      'passed db:shop db:twin noting:c foreach n',
      'passed db:shop noting:a foreach n',
      'passed db:shop noting:c a model that is only the judge',
    ]);
    expect(run.output).toMatch(/noting:a[^\n]*several\.eval\.js/);
    // In the table of costs an evaluation has a row for each of its models.
    const rows = [...run.output.matchAll(/│ (db:.* foreach n) +│ (noting:[ac]|b) +│ 1 /g)];
    expect(rows.map(([, evaluation, model]) => `${evaluation} of ${model}`).sort()).toEqual([
      'db:shop db:twin foreach n of noting:c',
      'db:shop foreach n of b',
      'db:shop foreach n of noting:a',
    ]);
  });

  test('a model under two labels is red, and says so', async () => {
    const run = await runMatrix(
      {
        'x.eval.js': spec(
          `withClient([{ spec: 'noting:a', label: 'A' }], () => test('x', () => undefined));`,
        ),
      },
      mode,
      { models },
    );
    expect(run.exit).toBe(1);
    expect(run.output).toContain(
      'A block calls "noting:a" "A", but modelMatrix() in jest.config calls it "noting:a"',
    );
  });

  test('-t, one file and --selectProjects load no more than they need', async () => {
    const named = await runMatrix(files, mode, { models }, { args: ['-t', '^b runs'] });
    expect([named.exit, loads(named)]).toEqual([0, ['noting:b']]);
    const file = await runMatrix(files, mode, { models }, { args: ['two.eval'] });
    expect([file.exit, loads(file), file.tests.length]).toEqual([0, ['noting:a', 'noting:b', 'noting:c'], 3]);
    const project = await runMatrix(files, mode, { models }, { args: ['--selectProjects', 'noting:c'] });
    expect([project.exit, loads(project), project.tests.length]).toEqual([0, ['noting:c'], 4]);
  });

  test('EVALS_MODELS chooses projects; what stands in no model runs all the same', async () => {
    const run = await runMatrix(
      { 'mixed.eval.js': mixed },
      mode,
      { models },
      { env: { EVALS_MODELS: 'noting:c' } },
    );
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(loads(run)).toEqual(['noting:c']);
    expect(run.notes).toEqual(expect.arrayContaining(['of no model', 'in a group noting:c']));
    expect(run.notes).not.toContain('in a group noting:a');
  });

  test('a label in EVALS_MODELS that the matrix does not know is an error at once', async () => {
    const run = await runMatrix(files, mode, { models }, { env: { EVALS_MODELS: 'b,noting:d' } });
    expect(run).toMatchObject({ exit: 1, notes: [], left: [] });
    expect(run.output).toContain(
      'EVALS_MODELS names "noting:d", which is not among the models of modelMatrix(): noting:a, b, noting:c.',
    );
  });

  test('--shard gives each machine whole models, and all of them together every test once', async () => {
    const runs = [];
    for (const shard of ['1/2', '2/2'])
      runs.push(await runMatrix(files, mode, { models, config: {} }, { args: ['--shard', shard] }));
    expect(runs.map(({ exit }) => exit)).toEqual([0, 0]);
    expect(runs.map(loads)).toEqual([
      ['noting:a', 'noting:b'],
      ['noting:b', 'noting:c'],
    ]);
    const ran = runs.flatMap(({ notes }) => notes.filter((note) => !/^st/.test(note)));
    expect(new Set(ran).size).toBe(12);
    expect(ran).toHaveLength(12);
  });

  test('--onlyFailures runs what failed, in its own project alone', async () => {
    const failing = {
      ...files,
      'two.eval.js': spec(`withClient(${models}, (handle, model) => {
        test('runs', () => { note('two ' + model); expect(model).not.toBe('b'); });
      });`),
    };
    const first = await runMatrix(failing, mode, { models });
    expect(first.exit).toBe(1);
    const again = await runMatrix(
      failing,
      mode,
      { models },
      { args: ['--onlyFailures'], project: first.project },
    );
    expect(again.exit).toBe(1);
    expect(again.notes.filter((note) => note.startsWith('two'))).toEqual(['two b']);
    expect(loads(again)).toEqual(['noting:b']);
    expect(again.tests).toHaveLength(1);
  });

  test('within a model, what failed goes first, then what is slow', async () => {
    const timed = Object.fromEntries(
      [
        ['fast', 0],
        ['slow', 300],
        ['fails', 0],
      ].map(([name, ms]) => [
        `${name}.eval.js`,
        spec(`withClient(['noting:a'], () => {
          test('runs', async () => {
            note('ran ${name}');
            await new Promise((resolve) => setTimeout(resolve, ${ms}));
            expect('${name}').not.toBe('fails');
          });
        });`),
      ]),
    );
    const only = { models: `['noting:a']`, config: { maxWorkers: 1 } };
    const first = await runMatrix(timed, 'in band', only);
    const again = await runMatrix(timed, 'in band', only, { project: first.project });
    expect(again.notes.filter((note) => note.startsWith('ran'))).toEqual([
      'ran fails',
      'ran slow',
      'ran fast',
    ]);
  });

  test('-u keeps the snapshots of the other projects', async () => {
    const snapshots = {
      'snap.eval.js': spec(`
      test('plain', () => expect('plain').toMatchSnapshot());
      withClient(${models}, (handle, model) => test('is', () => expect(model).toMatchSnapshot()));`),
    };
    const first = await runMatrix(snapshots, 'in band', { models }, { args: ['--ci=false'] });
    const again = await runMatrix(snapshots, 'in band', { models }, { args: ['-u'], project: first.project });
    expect([first.exit, again.exit]).toEqual([0, 0]);
    const path = join(first.project, '__snapshots__/snap.eval.js.snap');
    expect(existsSync(path)).toBe(true);
    expect(readFileSync(path, 'utf8').match(/^exports\[.*\]/gm)).toEqual([
      'exports[`b is 1`]',
      'exports[`noting:a is 1`]',
      'exports[`noting:c is 1`]',
      'exports[`plain 1`]',
    ]);
    expect(again.output).not.toMatch(/obsolete|removed/);
  });

  test('in watch mode a run begins with the model that the run before it has left loaded', async () => {
    const edition = (number: number): Record<string, string> => ({
      'one.eval.js': spec(`withClient(${models}, (handle, model) => {
        test('runs', () => note('run ${number} ' + model));
      });`),
    });
    const jest = startJest({ ...oneSlot, ...matrixConfig(mode, { models }), ...edition(1) }, mode, {
      args: ['--config', 'matrix.config.js', '--watchAll'],
    });
    for (const number of [1, 2]) {
      jest.write(edition(number));
      for (const model of ['noting:a', 'b', 'noting:c']) await jest.noted(`run ${number} ${model}`);
      await jest.until(
        `the end of run ${number}`,
        () => jest.output.split('Test results written to').length > number,
      );
    }
    process.kill(-jest.pid, 'SIGINT');
    const run = await jest.finished();
    expect(run).toMatchObject({ exit: 130, left: [] });
    const order = run.notes.filter((note) => note.startsWith('run')).map((note) => note.slice(-1));
    expect(order[3]).toBe(order[2]);
    expect(loads(run)).toHaveLength(5);
  });
});

test('10 files × 3 models on one slot cost 3 loads with -w 4 too, however late a file asks for its model', async () => {
  const late = spec(`
    // It is of the first project, whose other files end meanwhile.
    test('takes its time', () => new Promise((resolve) => setTimeout(resolve, 1500)));
    withClient(${models}, (handle, model) => test('runs', () => note('late ' + model)));`);
  const quick = Object.fromEntries(
    Array.from({ length: 9 }, (_, index) => [
      `quick-${index}.eval.js`,
      spec(`withClient(${models}, (handle, model) => test('runs', () => note('quick ' + model)));`),
    ]),
  );
  const run = await runMatrix({ 'a-late.eval.js': late, ...quick }, 'in workers', { models }, { workers: 4 });
  expect(run).toMatchObject({ exit: 0, left: [] });
  expect(loads(run)).toEqual(['noting:a', 'noting:b', 'noting:c']);
  expect(run.tests).toHaveLength(31);
});

test.each(bothModes)(
  'the model that loads fastest goes first, by what earlier runs have learned, %s',
  async (mode) => {
    const slowToLoad = providerModule({
      noting: `new (class extends NotingProvider {
      async createResource(name) {
        await new Promise((resolve) => setTimeout(resolve, { a: 1200, b: 0, c: 400 }[name]));
        return super.createResource(name);
      }
    })({ maxLive: 1, retain: 'session' })`,
    });
    const first = await runMatrix({ ...files, ...slowToLoad }, mode, { models });
    expect(loads(first)).toEqual(['noting:a', 'noting:b', 'noting:c']);
    const again = await runMatrix(
      slowToLoad,
      mode,
      { models },
      { project: first.project, state: first.state },
    );
    expect(loads(again)).toEqual(['noting:b', 'noting:c', 'noting:a']);
  },
);
