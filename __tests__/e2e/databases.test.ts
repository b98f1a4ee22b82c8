import { leftOfDatabaseServers, noteDirectory } from './database-servers';
import { spec } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

const schema = `
  CREATE TABLE products (id serial PRIMARY KEY, name text, price numeric);
  INSERT INTO products (name, price) VALUES ('lamp', 20), ('desk', 150);`;

const request = `{ spec: 'postgres:shop', config: { schema: './shop.sql' } }`;
const count = `(await handle.client.query('SELECT count(*)::int AS n FROM products')).rows[0].n`;
const writes = (name: string): string =>
  spec(`
    withClient([${request}], (handle) => {
      test('begins with the schema alone', async () => {
        expect(${count}).toBe(2);
        await handle.client.query("INSERT INTO products (name) VALUES ('${name}')");
        ${noteDirectory}
        expect(${count}).toBe(3);
      });
    });`);

const specs = {
  'shop.sql': schema,
  'a.eval.js': writes('a'),
  'b.eval.js': writes('b'),
  'each.eval.js': spec(`
    withClient([${request}], { scope: 'test' }, (handle) => {
      test.each([1, 2])('test %i has its own', async () => {
        expect(${count}).toBe(2);
        await handle.client.query('DROP TABLE products');
      });
    });`),
  'model.eval.js': spec(`
    withClient(['embedded:novice'], (model) => {
      withClient([${request}], (handle) => {
        test('a model and a database', async () => {
          expect((await model.client.generate('2 + 3')).text).not.toBe('');
          expect(${count}).toBe(2);
        });
      });
    });`),
};

describe.each(bothModes)('databases, %s', (mode) => {
  let run: JestRun;
  beforeAll(async () => {
    run = await runJest(specs, mode, { env: { DATABASE_URL: '', PGHOST: '' } });
  });

  test('make the run green on one server, and leave nothing', () => {
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(run.tests.map(({ status }) => status)).toEqual(Array(5).fill('passed'));
    const started = run.events.flatMap((event) => (event.type === 'starting' ? [event.spec] : []));
    expect(started.filter((started) => started === 'postgres-server:embedded')).toHaveLength(1);
    expect(started.filter((started) => started === 'postgres:shop')).toHaveLength(5);
    expect(leftOfDatabaseServers(run)).toEqual([]);
  });
});
