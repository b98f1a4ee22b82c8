import { outcome, spec } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

const request = `{ spec: 'postgres:shop', config: { schema: './my migrations' } }`;
const migrations = {
  'my migrations/1_products.sql':
    'CREATE TABLE products (price int); INSERT INTO products VALUES (20), (150);',
};
const specs = {
  'alone.eval.js': spec(`
    withClient([${request}], (db) => {
      foreach('price', [20, 150], async (price) => {
        note('asked alone ' + price);
        const { rows } = await db.client.query('SELECT count(*)::int AS n FROM products WHERE price = $1', [price]);
        return rows[0].n === 1;
      }, { title: 'alone' });
    });`),
  'tool.eval.js': spec(`
    withClients({ model: 'embedded:novice', db: ${request} }, ({ model, db }) => {
      foreach('question', ['2 + 3', '4 + 4'], async (question) => {
        note('asked tool ' + question);
        await db.client.query('SELECT 1 FROM products');
        return (await model.client.generate(question)).text !== '';
      }, { title: 'tool' });
    });
    withClient(['embedded:novice'], (model) => {
      foreach('question', ['2 + 3'], async (question) => {
        note('asked without ' + question);
        return (await model.client.generate(question)).text !== '';
      }, { title: 'without' });
    });`),
};

const asked = ({ notes }: JestRun): string[] => notes.filter((note) => note.startsWith('asked')).sort();
const ofDatabases = ['asked alone 150', 'asked alone 20', 'asked tool 2 + 3', 'asked tool 4 + 4'];

describe.each(bothModes)('an evaluation with a database that is continued, %s', (mode) => {
  let first: JestRun;
  const again = (files: Readonly<Record<string, string>>): Promise<JestRun> =>
    runJest(files, mode, { env, project: first.project });
  const env = { EVALS_RUN: 'mine', DATABASE_URL: '', PGHOST: '' };

  beforeAll(async () => {
    first = await runJest({ ...migrations, ...specs }, mode, { env });
  });

  test('runs all its samples first', () => {
    expect(first).toMatchObject({ exit: 0, left: [] });
    expect(asked(first)).toEqual([...ofDatabases, 'asked without 2 + 3']);
  });

  test('runs none again, and starts nothing, where nothing has changed', async () => {
    const run = await again(migrations);
    expect(run).toMatchObject({ exit: 0, notes: [], left: [] });
    expect(run.events.filter(({ type }) => type === 'requested')).toEqual([]);
  });

  test('runs those with a database again once a migration has come, and no other', async () => {
    const run = await again({ 'my migrations/2_more.sql': 'INSERT INTO products VALUES (20);' });
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(asked(run)).toEqual(ofDatabases);
    expect(outcome(run, 'postgres:shop alone').status).toBe('passed');
    // What is right changed with the rows.
    expect(run.output).toMatch(/│ alone +│[^\n]*│ 50\.0 %/);
    expect(asked(await again({}))).toEqual([]);
  });

  test('runs them again once a migration reads otherwise', async () => {
    const run = await again({ 'my migrations/2_more.sql': 'INSERT INTO products VALUES (30);' });
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(asked(run)).toEqual(ofDatabases);
    expect(run.output).toMatch(/│ alone +│[^\n]*│ 100\.0 %/);
  });
});
