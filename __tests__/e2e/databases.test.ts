import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { outcome, spec } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

const schema = `
  CREATE TABLE products (id serial PRIMARY KEY, name text, price numeric);
  INSERT INTO products (name, price) VALUES ('lamp', 20), ('desk', 150);`;

const request = `{ spec: 'postgres:shop', config: { schema: './shop.sql' } }`;
const count = `(await handle.client.query('SELECT count(*)::int AS n FROM products')).rows[0].n`;
const noteDirectory = `note((await handle.client.query('SHOW data_directory')).rows[0].data_directory);`;
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

/**
 * What is left of the servers of a run: their directories, and processes that work in them. Backends leave the group of their
 * server, and hide their environment.
 */
function leftOfServers({ notes }: JestRun): string[] {
  const directories = notes.filter((line) => line.startsWith('/')).map((data) => dirname(data));
  expect(directories.length).toBeGreaterThan(0);
  const processes = readdirSync('/proc').filter((name) => {
    try {
      return directories.some((directory) => readlinkSync(`/proc/${name}/cwd`).startsWith(directory));
    } catch {
      return false;
    }
  });
  return [...processes, ...directories.filter((directory) => existsSync(directory))];
}

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
    expect(leftOfServers(run)).toEqual([]);
  });
});

const deadly = {
  'shop.sql': schema,
  'dies.eval.js': spec(`
    withClient([${request}], (handle) => {
      test('in the middle of a query', async () => {
        ${noteDirectory}
        const query = handle.client.query('SELECT pg_sleep(600)');
        servers('-D').forEach((pid) => process.kill(pid, 'SIGKILL'));
        await query;
      });
      test('without a query', () => undefined);
    });
    withClient([${request}], (handle) => {
      test('starts anew', async () => expect(${count}).toBe(2));
    });`),
};

describe.each(bothModes)('a database server that is killed, %s', (mode) => {
  let run: JestRun;
  beforeAll(async () => {
    run = await runJest(deadly, mode, { env: { DATABASE_URL: '', PGHOST: '' } });
  });

  test('fails the query and every test that held a database, with its reason', () => {
    const title = 'postgres:shop in the middle of a query';
    expect(outcome(run, title).status).toBe('failed');
    expect(outcome(run, title).message).toMatch(
      /RESOURCE_LOST[^]*its dependency died: "postgres-server:embedded#1" died while it was in use: its server \(pid \d+\) was ended by SIGKILL/,
    );
    expect(outcome(run, 'postgres:shop without a query').status).toBe('failed');
    expect(outcome(run, 'postgres:shop starts anew').status).toBe('passed');
  });

  test('leaves nothing, the backend of the query included', () => {
    expect(run.left).toEqual([]);
    expect(leftOfServers(run)).toEqual([]);
  });
});
