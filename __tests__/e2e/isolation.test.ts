import { outcome, spec, withProviders } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

// Which tests share a database: option and config of the provider, scope of the block, evaluations.

const providers = `
  const { DatabaseProvider, defineProviders } = require('jest-model-provider');
  const { NotingProvider } = require('e2e-kit');
  const schemas = { shop: './the shop.sql' };
  const server = 'embedded';
  module.exports = defineProviders({
    postgres: new DatabaseProvider({ server, schemas }),
    fresh: new DatabaseProvider({ server, schemas, isolation: 'test' }),
    noting: new NotingProvider(),
    odd: new (class extends NotingProvider { defaultScope() { return 'suite'; } })(),
  });`;

/** Two tests of a block, each of which notes how many rows it found, and adds one. */
const twoTests = `
  const count = async (handle, title) => {
    const { rows } = await handle.client.query("INSERT INTO sales VALUES (1) RETURNING (SELECT count(*)::int FROM sales) AS n");
    note(title + ' ' + rows[0].n);
  };
  const twoTests = (title, handle) => {
    for (const n of ['first', 'second']) test(title + ', ' + n, () => count(handle, title));
  };`;
const forEachTest = `{ spec: 'postgres:shop', config: { isolation: 'test' } }`;

const specs = {
  'providers.js': providers,
  'the shop.sql': 'CREATE TABLE sales (n int);',
  'blocks.eval.js': spec(`
    ${twoTests}
    withClient(['postgres:shop'], (handle) => twoTests('default', handle));
    withClient([{ spec: 'fresh:shop', config: { isolation: 'file' } }], (handle) => twoTests('file', handle));
    withClient([${forEachTest}], (handle) => twoTests('test by config', handle));
    withClient(['fresh:shop'], (handle) => twoTests('test by option', handle));
    withClient(['fresh:shop'], { scope: 'block' }, (handle) => twoTests('block wins', handle));
    withClient(['postgres:shop'], { scope: 'test' }, (handle) => twoTests('test wins', handle));
    withClient([{ spec: 'fresh:shop', config: { isolation: 'shared' } }], (handle) => twoTests('shared', handle));
    withClient([{ spec: 'fresh:shop', config: { isolation: 'shared' } }], { scope: 'test' }, (handle) => twoTests('shared', handle));`),
  'several.eval.js': spec(`
    ${twoTests}
    withClients({ model: 'noting:several', kept: 'postgres:shop', db: 'fresh:shop' }, ({ model, kept, db }) => {
      twoTests('kept of several', kept);
      twoTests('fresh of several', db);
      test('has all', () => expect([model, kept, db].every((handle) => handle.isActive)).toBe(true));
    });
    withClients({ kept: 'postgres:shop', db: 'fresh:shop' }, { scope: 'block' }, ({ db }) => twoTests('several as one block', db));
    withClient(['noting:outer'], () => {
      withClient(['fresh:shop'], (db) => twoTests('nested', db));
    });`),
  'evaluations.eval.js': spec(`
    ${twoTests}
    withClients({ model: 'noting:evaluated', db: 'fresh:shop' }, ({ model, db }) => {
      for (const title of ['one', 'another'])
        foreach('n', [1, 2], async () => { await count(db, title); return 1; }, { title, concurrency: 1 });
    });`),
  'hooks.eval.js': spec(`
    ${twoTests}
    withClient(['fresh:shop'], (db) => {
      beforeEach(() => count(db, 'hook'));
      foreach('n', [1], async () => { await count(db, 'hook'); return 1; });
    });`),
  'early.eval.js': spec(`
    withClient(['fresh:shop'], (db) => {
      beforeAll(() => db.client);
      test('comes later', () => undefined);
    });`),
  'odd.eval.js': spec(`withClient(['odd:x'], () => { test('runs', () => undefined); });`),
};

describe.each(bothModes)('isolation, %s', (mode) => {
  let run: JestRun;
  beforeAll(async () => {
    run = await runJest(specs, mode, { config: withProviders, env: { EVALS_RUN: 'isolation' } });
  });

  test('leaves nothing, and all tests see the rows that they should', () => {
    expect(run.left).toEqual([]);
    const red = run.tests.filter(({ status }) => status === 'failed');
    expect(
      red.sort((a, b) => a.title.localeCompare(b.title)).map(({ title, message }) => ({ title, message })),
    ).toEqual([
      { title: 'fresh:shop comes later', message: expect.stringContaining('but not in beforeAll') as string },
      { title: 'odd:x runs', message: expect.stringContaining('PROVIDER_INVALID') as string },
    ]);
  });

  test.each([
    ['file is the default: the tests of a block see the rows of each other', 'default', [0, 1]],
    ["'file' of a config wins over the option", 'file', [0, 1]],
    ["'test' of a config gives each test its own", 'test by config', [0, 0]],
    ["'test' of the provider gives each test its own", 'test by option', [0, 0]],
    ['the scope of the block wins over the provider, to hold one', 'block wins', [0, 1]],
    ['the scope of the block wins over the provider, to have many', 'test wins', [0, 0]],
    ["'shared' is one for all blocks, whatever their scope", 'shared', [0, 1, 2, 3]],
    ['of several each has its own scope: that of the block', 'kept of several', [0, 1]],
    ['of several each has its own scope: that of the test', 'fresh of several', [0, 0]],
    ['the scope of a block holds for all of it', 'several as one block', [0, 1]],
    ['a block around it changes nothing', 'nested', [0, 0]],
    ['an evaluation is one test, whose samples share a database', 'one', [0, 1]],
    ['another evaluation has another', 'another', [0, 1]],
    ['a hook of each test has the database of the test', 'hook', [0, 1]],
  ])('%s', (_rule, title, counts) => {
    const found = run.notes.filter((note) => note.startsWith(`${title} `) && /\d$/.test(note));
    expect(found.map((note) => Number(note.split(' ').at(-1)))).toEqual(counts);
  });

  test('a model beside a database for each test is set up once for the block', () => {
    expect(run.notes.filter((note) => note.endsWith(' several') && !note.includes('of'))).toEqual([
      'start several',
      'stop several',
    ]);
  });

  test('a scope that is none is an error of the provider', () => {
    expect(outcome(run, 'odd:x runs').message).toContain(
      `defaultScope() of provider "odd" gave "suite"; it must give 'block' or 'test'.`,
    );
  });

  test('an evaluation that was finished before leases nothing for its test', async () => {
    const again = await runJest({}, mode, {
      config: withProviders,
      project: run.project,
      args: ['--testPathPatterns=evaluations'],
      env: { EVALS_RUN: 'isolation' },
    });
    expect(again).toMatchObject({ exit: 0, left: [] });
    expect(again.events.filter(({ type }) => type === 'requested')).toEqual([]);
  });
});
