import { mine, notesUnder } from '../support/eval-logs';
import { outcome, spec } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

const database = (name: string): string =>
  `{ spec: 'postgres:${name}', config: { schema: './migrations of ${name}' } }`;
const products = 'CREATE TABLE products (price int); INSERT INTO products VALUES (20), (150);';

/** Whether each price is that of one product. */
const counting = (name: string): string =>
  spec(`
    withClient([${database(name)}], (db) => {
      foreach('price', [20, 150], async (price) => {
        note('asked ${name} ' + price);
        const { rows } = await db.client.query('SELECT count(*)::int AS n FROM products WHERE price = $1', [price]);
        return rows[0].n === 1;
      }, { title: '${name}' });
    });`);
const files = {
  'migrations of grown/1_products.sql': products,
  'migrations of edited/1_products.sql': products,
  'migrations of edited/2_more.sql': 'INSERT INTO products VALUES (20);',
  'grown.eval.js': counting('grown'),
  'edited.eval.js': counting('edited'),
  'tool.eval.js': spec(`
    withClients({ model: 'embedded:novice', db: ${database('grown')} }, ({ model, db }) => {
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
const changes = {
  'migrations of grown/2_more.sql': 'INSERT INTO products VALUES (20);',
  'migrations of edited/2_more.sql': 'INSERT INTO products VALUES (30);',
};

const asked = (run: JestRun): string[] => notesUnder(run, 'asked').sort();
const ofEdited = ['edited 150', 'edited 20'];
const ofGrown = ['grown 150', 'grown 20', 'tool 2 + 3', 'tool 4 + 4'];

describe.each(bothModes)('an evaluation with a database that is continued, %s', (mode) => {
  const env = { EVALS_RUN: mine, DATABASE_URL: '', PGHOST: '' };

  let first: JestRun;
  beforeAll(async () => {
    first = await runJest(files, mode, { env });
  });

  let changed: JestRun;
  beforeAll(async () => {
    changed = await runJest(changes, mode, { env, project: first.project });
  });

  let unchanged: JestRun;
  beforeAll(async () => {
    unchanged = await runJest({}, mode, { env, project: first.project });
  });

  test('runs all its samples first', () => {
    expect(first).toMatchObject({ exit: 0, left: [] });
    expect(asked(first)).toEqual([...ofEdited, ...ofGrown, 'without 2 + 3']);
  });

  test('runs none again, and starts nothing, where nothing has changed', () => {
    expect(unchanged).toMatchObject({ exit: 0, notes: [], left: [] });
    expect(unchanged.events.filter(({ type }) => type === 'requested')).toEqual([]);
  });

  test('runs those with a database again once a migration has come, and no other', () => {
    expect(changed).toMatchObject({ exit: 0, left: [] });
    expect(asked(changed)).toEqual([...ofEdited, ...ofGrown]);
    expect(outcome(changed, 'postgres:grown grown').status).toBe('passed');
    // What is right changed with the rows.
    expect(first.output).toMatch(/│ grown +│[^\n]*│ 100\.0 %/);
    expect(changed.output).toMatch(/│ grown +│[^\n]*│ 50\.0 %/);
  });

  test('runs them again once a migration reads otherwise', () => {
    expect(changed).toMatchObject({ exit: 0, left: [] });
    expect(asked(changed).filter((line) => line.startsWith('edited '))).toEqual(ofEdited);
    expect(first.output).toMatch(/│ edited +│[^\n]*│ 50\.0 %/);
    expect(changed.output).toMatch(/│ edited +│[^\n]*│ 100\.0 %/);
  });
});
