/** @jest-environment jest-model-provider/environment */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client, Pool } from 'pg';
import { caught } from '../../support/caught';
import { closeSessionsAfterEach } from '../../fixtures/private-session';
import { ask, databaseSession, ourDatabases, value } from './own-server';

closeSessionsAfterEach();

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'db-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const shop = `
  CREATE TABLE products (id serial PRIMARY KEY, name text NOT NULL, price numeric NOT NULL);
  INSERT INTO products (name, price) VALUES ('lamp', 20), ('desk', 150);`;

test('each lease has a database of its own, a copy of the schema', async () => {
  const { provider } = await databaseSession({ schemas: { shop: file('shop.sql', shop) } });
  const [first, second] = await Promise.all([provider.setup('shop'), provider.setup('shop')]);
  await first.client.query('DELETE FROM products');
  expect(await value(first.client, 'SELECT count(*)::int FROM products')).toBe(0);
  expect(await value(second.client, 'SELECT count(*)::int FROM products')).toBe(2);
  expect(await value(second.client, "INSERT INTO products (name, price) VALUES ('x', 1) RETURNING id")).toBe(
    3,
  );
});

test('a released database is dropped, with the connections that code under test has left', async () => {
  const { provider, servers } = await databaseSession();
  const server = await servers.setup('embedded');
  const handle = await provider.setup('shop');
  const { url } = handle.client;
  const name = await value(handle.client, 'SELECT current_database()');
  expect(await ourDatabases(adminUrl(url))).toEqual([name]);
  await ask(url, 'SELECT 1');
  await handle.teardown();
  expect(await ourDatabases(adminUrl(url))).toEqual([]);
  await server.teardown();
});

test('a template is built once for equal content, and once more for other content', async () => {
  let builds = 0;
  const build = async (client: Client): Promise<void> => {
    builds += 1;
    await client.query(shop);
  };
  const { provider } = await databaseSession({
    schemas: { shop: build, crm: async (client) => build(client) },
  });
  await Promise.all([provider.setup('shop'), provider.setup('shop'), provider.setup('shop')]);
  expect(builds).toBe(1);
  await provider.setup('crm');
  expect(builds).toBe(2);
});

test('a directory of migrations is run in the order of their numbers, without those that undo them', async () => {
  file('m/1_products.sql', shop);
  file('m/10_more.sql', "INSERT INTO products (name, price, stock) VALUES ('sofa', 900, 1);");
  file('m/2_stock/migration.sql', 'ALTER TABLE products ADD COLUMN stock int;');
  file('m/2_stock/migration.down.sql', 'DROP TABLE products;');
  const { provider } = await databaseSession();
  const handle = await provider.setup('shop', { schema: join(folder, 'm') });
  expect(await value(handle.client, 'SELECT sum(stock)::int FROM products')).toBe(1);
});

test('a dump of pg_dump with COPY and commands of psql is read', async () => {
  const dump = [
    '\\restrict abc',
    "SET standard_conforming_strings = on;\nSELECT pg_catalog.set_config('search_path', '', false);",
    'CREATE TABLE public.notes (id integer, text text);',
    'COPY public.notes (id, text) FROM stdin;',
    '1\tone; two',
    '2\t\\N',
    '\\.',
    '',
    "COMMENT ON TABLE public.notes IS 'a; b';",
    '\\unrestrict abc',
  ].join('\n');
  const { provider } = await databaseSession();
  const schema = [file('dump.sql', dump), file('more.sql', "INSERT INTO notes VALUES (3, 'three');")];
  const { client } = await provider.setup('notes', { schema });
  const { rows } = await client.query('SELECT * FROM notes ORDER BY id');
  expect(rows).toEqual([
    { id: 1, text: 'one; two' },
    { id: 2, text: null },
    { id: 3, text: 'three' },
  ]);
});

test.each([
  [
    'a statement',
    'SELECT 1;\n\nCREATE TABL x ();',
    /bad\.sql, line 3: syntax error at or near "TABL" \(42601\)/,
  ],
  [
    'a row',
    'CREATE TABLE t (n int);\nCOPY t (n) FROM stdin;\n1\nx\n\\.\n',
    /bad\.sql, line 4: invalid input syntax for type integer: "x" \(22P02\)/,
  ],
  ['a command of psql', 'SELECT 1;\n\\connect other\n', /bad\.sql, line 2: \\connect is a command of psql/],
  [
    'an extension',
    'CREATE EXTENSION vector;',
    /line 1: extension "vector" is not available.*\n.*needs another one/,
  ],
])('a schema that fails names the line of %s, and leaves nothing', async (_what, sql, message) => {
  const { provider, servers } = await databaseSession();
  const server = await servers.setup('embedded');
  const error = await caught(provider.setup('shop', { schema: file('bad.sql', sql) }));
  expect(error).toMatchObject({ code: 'SCHEMA_FAILED', message: expect.stringMatching(message) as string });
  expect(await ourDatabases(server.client.url)).toEqual([]);
  await server.teardown();
});

test('a file that is no UTF-8 is refused with its line, and is not sent', async () => {
  const { provider } = await databaseSession();
  const bytes = Buffer.from("SELECT 1;\nSELECT 'caf\xe9';\n", 'latin1');
  for (const [text, line] of [
    [bytes, 2],
    [Buffer.from('\uFEFFSELECT 1;', 'utf16le'), 1],
  ] as const) {
    const error = await caught(provider.setup('shop', { schema: file('legacy.sql', text) }));
    expect(error).toMatchObject({ code: 'SCHEMA_FAILED', details: { line } });
    expect(error.message).toMatch(/legacy\.sql, line \d: this is no UTF-8\. Save it as UTF-8/);
  }
});

test('a file that sets another encoding than its own is read as the UTF-8 that it is', async () => {
  const dump =
    "SET client_encoding = 'LATIN1';\nCREATE TABLE t (a text);\nCOPY t FROM stdin;\né\n\\.\nINSERT INTO t VALUES ('ü');";
  const { provider } = await databaseSession();
  const { client } = await provider.setup('shop', { schema: file('dump.sql', dump) });
  expect(await value(client, "SELECT string_agg(a, '' ORDER BY a) FROM t")).toBe('éü');
});

test.each([
  ['files', () => file('open.sql', 'BEGIN;\nCREATE TABLE t (n int);\nCOPY t FROM stdin;\n1\n\\.\n')],
  ['a function', () => async (client: Client) => void (await client.query('BEGIN; CREATE TABLE t (n int)'))],
])('a transaction that %s leave open is refused, for it would be undone', async (_what, schema) => {
  const { provider } = await databaseSession({ schemas: { shop: schema() } });
  expect(await caught(provider.setup('shop'))).toMatchObject({
    code: 'SCHEMA_FAILED',
    message:
      'The schema ends within a transaction, so that what it has done since BEGIN would be undone: COMMIT is missing.',
  });
});

test('a transaction may be committed in a later file', async () => {
  const files = [file('1.sql', 'BEGIN; CREATE TABLE t (n int);'), file('2.sql', 'COMMIT;')];
  const { provider } = await databaseSession({ schemas: { shop: files } });
  expect(await value((await provider.setup('shop')).client, 'SELECT count(*)::int FROM t')).toBe(0);
});

test('a schema function that forgets to await a query is refused, and ends nothing else', async () => {
  const forgetful = async (client: Client): Promise<void> => {
    await client.query('CREATE TABLE t (n int)');
    void client.query('SELECT pg_sleep(600)');
  };
  const { provider } = await databaseSession({ schemas: { shop: forgetful } });
  expect(await caught(provider.setup('shop'))).toMatchObject({
    code: 'SCHEMA_FAILED',
    message: 'The schema function ended before its queries did: await each of them, or return its promise.',
  });
});

test('leases of a shared database see each other, also when none was held meanwhile', async () => {
  const { provider } = await databaseSession({ isolation: 'shared', schemas: { shop: file('s.sql', shop) } });
  const first = await provider.setup('shop');
  await first.client.query('DELETE FROM products');
  await first.teardown();
  const second = await provider.setup('shop');
  expect(await value(second.client, 'SELECT count(*)::int FROM products')).toBe(0);
});

test('odd and long names get databases of their own', async () => {
  const { provider } = await databaseSession();
  const long = 'a'.repeat(80);
  const names = [`${long}1`, `${long}2`, 'Größe "; DROP DATABASE postgres; --', '../x', '💾', "o'clock"];
  const handles = await Promise.all(names.map((name) => provider.setup(name)));
  const databases = await Promise.all(
    handles.map(({ client }) => value(client, 'SELECT current_database()')),
  );
  expect(new Set(databases).size).toBe(names.length);
  for (const database of databases)
    expect(database).toMatch(/^jmp_[0-9a-f]{16}_[a-z0-9_]{1,24}_[0-9a-f]{16}$/);
});

test('the client has a URL for code under test, which printing the client does not show', async () => {
  const { provider } = await databaseSession();
  const { client } = await provider.setup('shop');
  expect(await ask(client.url, 'SELECT current_database() AS name')).toEqual([
    { name: await value(client, 'SELECT current_database()') },
  ]);
  expect(Object.keys(client)).not.toContain('url');
});

test('a pool has several connections, and one that was never given back does not stop the teardown', async () => {
  const { provider } = await databaseSession({ pool: true });
  const handle = await provider.setup('shop');
  const [a, b] = await Promise.all([handle.client.connect(), handle.client.connect()]);
  const pid = 'SELECT pg_backend_pid()';
  expect(await value(a, pid)).not.toBe(await value(b, pid));
  b.release();
  await handle.teardown();
});

test.each([
  ['of a client', false, 'SELECT 1'],
  ['of a pool', true, 'SELECT 1'],
  ['that has failed', false, 'SELECT 1/0'],
])('a transaction %s that is open when the lease ends is remarked', async (_what, pool, statement) => {
  const { session, provider } = await databaseSession({ pool });
  const noted = (): unknown[] => session.events.filter(({ type }) => type === 'noted');
  const handle = await provider.setup('shop');
  const client = pool ? await (handle.client as unknown as Pool).connect() : handle.client;
  for (const sql of ['BEGIN', 'SELECT 1', 'COMMIT']) await client.query(sql);
  await handle.teardown();
  expect(noted()).toEqual([]);
  const other = await provider.setup('shop');
  const open = pool ? await (other.client as unknown as Pool).connect() : other.client;
  await open.query('BEGIN');
  await open.query(statement).catch(() => undefined);
  await other.teardown();
  expect(noted()).toEqual([
    expect.objectContaining({
      spec: 'postgres:shop',
      message: 'a transaction was open at the end of its lease, and was undone: COMMIT or ROLLBACK it',
    }),
  ]);
});

test('a statement that takes too long is given up by the server', async () => {
  const { provider } = await databaseSession();
  const { client } = await provider.setup('shop', { statementTimeoutMs: 50 });
  await expect(client.query('SELECT pg_sleep(60)')).rejects.toMatchObject({ code: '57014' });
});

test('a role that a test makes can connect to its database', async () => {
  const { provider } = await databaseSession();
  const { client } = await provider.setup('shop');
  await client.query('CREATE ROLE reader LOGIN');
  const url = new URL(client.url);
  url.username = 'reader';
  expect(await ask(url.href, 'SELECT current_user AS name')).toEqual([{ name: 'reader' }]);
});

test.each([
  [
    { isolation: 'lease' as never },
    /^isolation is "lease"; it must be 'file', a database for each withClient of a file, 'test', one for each test, or 'shared', one for the run\.$/,
  ],
  [{ statementTimeoutMs: -1 }, /^statementTimeoutMs is -1; it must be a whole number of milliseconds/],
  [
    { shcema: './shop.sql' } as never,
    /^There is no option "shcema" in the config of "postgres:shop"\. Did you mean "schema"\? It takes schema, isolation, statementTimeoutMs\.$/,
  ],
  [
    './shop.sql' as never,
    /^The config of "postgres:shop" is "\.\/shop\.sql"; it must be an object such as \{ schema: '\.\/shop\.sql' \}\.$/,
  ],
  [{ schema: [] }, /^schema is \[\]; it must be the path of a file or a directory, or an array of paths\.$/],
  [{ schema: './nowhere' }, /^The schema "\.\/nowhere" cannot be read: ENOENT.* Paths begin in \//],
])('absurd configurations are refused: %j', async (config, message) => {
  const { provider } = await databaseSession();
  const error = await caught(provider.setup('shop', config));
  expect(['CONFIG_INVALID', 'SCHEMA_FAILED']).toContain(error.code);
  expect(error.message).toMatch(message);
});

test.each([
  [
    { isolaton: 'test' } as never,
    /^There is no option "isolaton" in new DatabaseProvider\(\)\. Did you mean "isolation"\?/,
  ],
  [{ isolation: 'none' as never }, /^isolation is "none"; it must be 'file', /],
  [{ pool: 10 as never }, /^pool is 10; it must be true or false\.$/],
  [{ keepOnFailure: 'yes' as never }, /^keepOnFailure is "yes"; it must be true or false\.$/],
  [{ server: '' }, /^server is ""; it must be a URL, 'embedded', or the folder of a server's programs\.$/],
  [
    { schemas: { shop: 1 as never } },
    /^schemas is \{"shop":1\}; it must be an object whose values are paths, arrays of paths, or functions\.$/,
  ],
])('absurd options of the provider are refused: %j', async (options, message) => {
  const { provider } = await databaseSession(options);
  const refusal = { code: 'CONFIG_INVALID', message: expect.stringMatching(message) as string };
  expect(await caught(provider.setup('shop'))).toMatchObject(refusal);
  expect(await caught(provider.identity('shop', undefined))).toMatchObject(refusal);
});

test('a server that is none is refused, with what it may be', async () => {
  const { provider } = await databaseSession({ server: 'embeded' });
  expect(await caught(provider.setup('shop'))).toMatchObject({
    code: 'COMMAND_NOT_FOUND',
    message: expect.stringMatching(
      /embeded\/postgres does not exist\. The server must be "embedded", a URL such as .*, or the folder of its programs/,
    ) as string,
  });
});

test('a directory without any migration is refused', async () => {
  file('m/1_products.down.sql', 'DROP TABLE products;');
  const { provider } = await databaseSession();
  expect(await caught(provider.setup('shop', { schema: join(folder, 'm') }))).toMatchObject({
    code: 'SCHEMA_FAILED',
    message: expect.stringMatching(/cannot be read: the directory holds no \.sql file\./) as string,
  });
});

test('an unknown name is refused where schemas are named, with the nearest one', async () => {
  const { provider } = await databaseSession({ schemas: { shop: file('s.sql', shop) } });
  const error = await caught(provider.setup('shpo'));
  expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
  expect(error.message).toContain('Did you mean "shop"?');
});

test('200 leases at once have 200 databases, and leave none', async () => {
  const { provider, servers } = await databaseSession({ schemas: { shop: file('s.sql', shop) } });
  const server = await servers.setup('embedded');
  const handles = await Promise.all(Array.from({ length: 200 }, () => provider.setup('shop')));
  await Promise.all(handles.map(({ client }, n) => client.query('UPDATE products SET price = $1', [n])));
  const sums = await Promise.all(
    handles.map(({ client }) => value(client, 'SELECT sum(price)::int FROM products')),
  );
  expect(sums).toEqual(handles.map((_handle, n) => 2 * n));
  expect(new Set(handles.map(({ client }) => client.url)).size).toBe(200);
  await provider.teardownAll();
  expect((await ourDatabases(server.client.url)).filter((name) => !name.includes('_template_'))).toEqual([]);
  await server.teardown();
}, 300_000);

function adminUrl(url: string): string {
  const admin = new URL(url);
  admin.pathname = '/postgres';
  return admin.href;
}
