import { leftOfDatabaseServers, noteDirectory } from './database-servers';
import { outcome, spec, withProviders } from './noting-project';
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
  'left.eval.js': spec(`
    withClient([${request}], { scope: 'test' }, (handle) => {
      test('does not await a query', () => void handle.client.query('SELECT pg_sleep(600)'));
      test('comes after one that did not', async () => {
        expect(${count}).toBe(2);
        await new Promise((resolve) => setTimeout(resolve, 100));
      });
    });
    withClient([${request}], (handle) => {
      test('leaves a transaction open', async () => {
        await handle.client.query('BEGIN');
        await handle.client.query('DELETE FROM products');
      });
    });`),
  'at-once.eval.js': spec(`
    withClient([${request}], { scope: 'test' }, (handle) => {
      test.concurrent.each(['one', 'other'])('at once, %s', async () => expect(${count}).toBe(2));
    });
    withClient([${request}], { scope: 'test' }, (handle) => {
      describe.skip('skipped', () => test.concurrent('at once', async () => undefined));
      test('beside one that is skipped', async () => expect(${count}).toBe(2));
    });
    withClient([${request}], (handle) => {
      test.concurrent.each(['one', 'other'])('at once with one lease, %s', async () => expect(${count}).toBe(2));
    });`),
  'model.eval.js': spec(`
    withClient(['embedded:novice'], (model) => {
      withClient([${request}], (handle) => {
        test('a model and a database', async () => {
          expect((await model.client.generate('2 + 3')).text).not.toBe('');
          expect(${count}).toBe(2);
        });
        foreach('n', [1], async (n, { env, connection }) => {
          const { Client } = require('pg');
          // By the variables alone, as a subprocess finds it.
          const { PGHOST: host, PGPORT: port, PGUSER: user, PGDATABASE: database, PGPASSWORD: password } = env;
          const found = [];
          for (const options of [{ host, port: Number(port), user, database, password }, { connectionString: handle.connection.url }, { connectionString: env.DATABASE_URL }]) {
            const client = new Client(options);
            await client.connect();
            found.push((await client.query('SELECT count(*)::int AS n FROM products')).rows[0].n);
            await client.end();
          }
          return found.join() === '2,2,2' && env.OPENAI_BASE_URL === connection.baseURL;
        }, { title: 'an application with both', gate: { score: { min: 1 } } });
      });
    });`),
};

describe.each(bothModes)('databases, %s', (mode) => {
  let run: JestRun;
  beforeAll(async () => {
    run = await runJest(specs, mode, { env: { DATABASE_URL: '', PGHOST: '' } });
  });

  test('are on one server, and leave nothing', () => {
    expect(run).toMatchObject({ exit: 1, left: [] });
    expect(run.tests.filter(({ status }) => status === 'failed').map(({ title }) => title)).toEqual([
      'postgres:shop at once, one',
      'postgres:shop at once, other',
    ]);
    expect(run.tests).toHaveLength(5 + 3 + 7);
    const started = run.events.flatMap((event) => (event.type === 'starting' ? [event.spec] : []));
    expect(started.filter((started) => started === 'postgres-server:embedded')).toHaveLength(1);
    expect(started.filter((started) => started === 'postgres:shop')).toHaveLength(5 + 3 + 2);
    expect(leftOfDatabaseServers(run)).toEqual([]);
  });

  test('of single tests are refused to tests that run at once, with the reason', () => {
    for (const which of ['one', 'other'])
      expect(outcome(run, `postgres:shop at once, ${which}`).message).toContain(
        '"postgres:shop" is leased for each test anew',
      );
  });

  test('say where a transaction was left open', () => {
    expect(run.output).toMatch(
      /postgres:shop: a transaction was open at the end of its lease, and was undone: COMMIT or ROLLBACK it, in \S*left\.eval\.js\./,
    );
  });
});

const ofOwnServers = spec(`
  const { Pool } = require('pg');
  test.each(['own', 'port', 'pool'])('%s', async (name) => {
    const { client } = await modelProviders.setup(name + ':shop');
    await client.query('SELECT 1');
    const pool = new Pool({ connectionString: client.url });
    await pool.query('SELECT 1');
    await pool.end();
  }, 60_000);`);

test.each(bothModes)(
  'a server of the run needs no TLS, whatever PGSSLMODE wants of others, %s',
  async (mode) => {
    const providers = `
    const { DatabaseProvider, defineProviders } = require('jest-model-provider');
    const own = (options) => new DatabaseProvider({ server: 'embedded', ...options });
    module.exports = defineProviders({
      own: own({}),
      port: own({ listen: '127.0.0.1' }),
      pool: own({ pool: true }),
    });`;
    const files = { 'providers.js': providers, 'own.eval.js': ofOwnServers };
    const run = await runJest(files, mode, { config: withProviders, env: { PGSSLMODE: 'require' } });
    expect(run.tests.filter(({ status }) => status !== 'passed')).toEqual([]);
    expect(run.tests).toHaveLength(3);
  },
);
