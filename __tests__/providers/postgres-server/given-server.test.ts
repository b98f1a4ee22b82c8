/** @jest-environment jest-model-provider/environment */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseProvider } from 'jest-model-provider';
import { databaseName } from '../../../dist/src/providers/postgres-server/database-name';
import { caught } from '../../support/caught';
import { closeSessionsAfterEach } from '../../fixtures/private-session';
import { eventually } from '../../support/eventually';
import { ask, databaseSession, ourDatabases, value } from '../database/own-server';

closeSessionsAfterEach();

const directory = mkdtempSync(join(tmpdir(), 'own-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** A server that stands for one of the user's: ours, but those who are given its URL do not know that. */
async function usersServer(): Promise<string> {
  const { servers } = await databaseSession();
  return (await servers.setup('embedded')).client.url;
}

const withUser = (url: string, user: string, database = 'postgres'): string => {
  const other = new URL(url);
  other.username = user;
  other.pathname = `/${database}`;
  return other.href;
};

const schema = async (client: { query(sql: string): Promise<unknown> }): Promise<void> =>
  void (await client.query('CREATE TABLE t (n int)'));

test('databases are made and dropped on a server that is there, with its templates', async () => {
  const url = await usersServer();
  const { session, provider } = await databaseSession({ server: url, schemas: { shop: schema } });
  const handle = await provider.setup('shop');
  expect(await value(handle.client, 'SELECT count(*)::int FROM t')).toBe(0);
  const databases = await ourDatabases(url);
  expect(databases.map((name) => name.split('_').slice(2, -1).join('_')).sort()).toEqual([
    'shop',
    'template_shop',
  ]);
  expect(
    await ask(
      url,
      `SELECT shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname LIKE 'jmp%'`,
    ),
  ).toEqual(
    databases.map(() => ({
      comment: expect.stringMatching(/^jest-model-provider [0-9a-f]{16}: made for a test/) as string,
    })),
  );
  await handle.teardown();
  await session.close();
  expect(await ourDatabases(url)).toEqual([]);
});

const sql = (...texts: string[]): string[] =>
  texts.map((text, index) => {
    const file = join(directory, `${index}.sql`);
    writeFileSync(file, text);
    return file;
  });

test('what a schema makes for the whole server stays, which is said, with how to remove it', async () => {
  const url = await usersServer();
  const { session, provider } = await databaseSession({ server: url });
  const role = sql('CREATE ROLE "app user"; CREATE TABLE t (n int); GRANT SELECT ON t TO "app user";');
  for (const _ of [1, 2]) await provider.setup('shop', { schema: role });
  const { kept } = await session.close();
  expect(kept.map((text) => text.replaceAll(/at \S+\/postgres/g, 'at SERVER'))).toEqual([
    `ROLE "app user" on PostgreSQL at SERVER: the schema of postgres:shop has made it, and it stays after its database
  remove it: DROP ROLE "app user";
  or write the schema so that it may be there: IF NOT EXISTS, or DO with EXCEPTION WHEN duplicate_object`,
  ]);
  const next = await databaseSession({ server: url });
  expect(await caught(next.provider.setup('shop', { schema: role }))).toMatchObject({
    message: expect.stringMatching(
      /role "app user" already exists \(42710\)\.\nWhat to do: it belongs to the whole server and outlives its database/,
    ) as string,
  });
  await ask(url, 'DROP ROLE "app user"');
  expect((await next.session.close()).kept).toEqual([]);
});

test('a schema that fails names what it has made for the whole server, and the next try shows the first error', async () => {
  const url = await usersServer();
  const { provider } = await databaseSession({ server: url });
  const schema = sql('CREATE DATABASE more', 'CREATE ROLE app;', 'CREATE TABL t ();');
  const errors = [];
  for (const _ of [1, 2]) errors.push((await caught(provider.setup('shop', { schema }))).message);
  expect(errors[0]).toMatch(
    /2\.sql, line 1: syntax error at or near "TABL" \(42601\)\.\nThe schema had made ROLE app, DATABASE more by then, which stay on the server\. Before the next try: DROP ROLE app; DROP DATABASE more;$/,
  );
  expect(errors[1]).toBe(errors[0]);
  const other = await databaseSession({ server: url });
  expect((await caught(other.provider.setup('shop', { schema }))).message).toMatch(
    /database "more" already exists \(42P04\)\.\nWhat to do: a database belongs to the whole server/,
  );
});

test('what a session that was killed left is dropped by the next one, and nothing else', async () => {
  const url = await usersServer();
  const foreign = ['jmp_0123456789abcdef_shop_0123456789ab', 'jmp_mine', 'shop'];
  const commented = databaseName('0123456789abcdef', 'shop');
  for (const name of [...foreign, commented]) await ask(url, `CREATE DATABASE "${name}"`);
  await ask(url, `COMMENT ON DATABASE "${commented}" IS 'mine'`);
  const own = mkdtempSync(join(tmpdir(), 'own-'));
  const killed = spawn(process.execPath, ['-e', leasing], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], DATABASE_URL: url, TMPDIR: own, XDG_STATE_HOME: own },
  });
  await once(killed.stdout, 'data');
  killed.kill('SIGKILL');
  await once(killed, 'close');
  rmSync(own, { recursive: true });
  // One that was killed before it could write the comment.
  await ask(url, `CREATE DATABASE "${databaseName('fedcba9876543210', 'shop')}"`);
  expect(await ourDatabases(url)).toHaveLength(5);

  const living = await databaseSession({ server: url });
  const held = await living.provider.setup('shop');
  const next = await databaseSession({ server: url });
  await (await next.provider.setup('shop')).teardown();
  const left = [...foreign.slice(0, 2), commented, await value(held.client, 'SELECT current_database()')];
  expect((await ourDatabases(url)).sort()).toEqual(left.sort());
}, 120_000);

const leasing = `
  const { modelProviders } = require(${JSON.stringify(join(__dirname, '../../../dist/src/index.js'))});
  modelProviders.setup('postgres:shop').then(() => console.log('ready'));
  setInterval(() => undefined, 1000);`;

test('a server that goes away fails its leases at once, with the reason', async () => {
  const url = await usersServer();
  const { provider } = await databaseSession({ server: url });
  const handle = await provider.setup('shop');
  await ask(
    url,
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name ~ '^jest-model-provider [0-9a-f]+$'",
  );
  await eventually(() => !handle.isActive);
  expect(() => handle.client).toThrow(
    /closed the session's connection: terminating connection due to administrator command/,
  );
});

describe('what a server refuses is named first, with what to do', () => {
  let url: string;
  const refusal = async (provider: DatabaseProvider): Promise<string> => {
    const error = await caught(provider.setup('shop'));
    expect(error.code).toBe('DATABASE_REFUSED');
    return error.message;
  };
  const on = async (server: string): Promise<DatabaseProvider> =>
    (await databaseSession({ server })).provider;

  test('no such database', async () => {
    url = await usersServer();
    expect(await refusal(await on(withUser(url, 'postgres', 'nowhere')))).toMatch(
      /^PostgreSQL at .*\/nowhere has no such database \(3D000, /,
    );
  });

  test('no right to make databases', async () => {
    url = await usersServer();
    await ask(url, 'CREATE ROLE weak LOGIN');
    expect(await refusal(await on(withUser(url, 'weak')))).toMatch(
      /^the user may not make databases on .* \(42501, [^]*ALTER ROLE … CREATEDB/,
    );
  });

  test('no connection left', async () => {
    url = await usersServer();
    await ask(url, 'CREATE ROLE busy LOGIN CREATEDB CONNECTION LIMIT 0');
    expect(await refusal(await on(withUser(url, 'busy')))).toMatch(
      / has no connection left \(53300, too many connections for role "busy"\)\./,
    );
  });

  test('a wrong password, which is not repeated', async () => {
    const message = await refusal(await on('postgresql://app:s3cr3t-pass@127.0.0.1:1/postgres'));
    expect(message).toMatch(/^Nothing listens as PostgreSQL at 127\.0\.0\.1:1\/postgres \(ECONNREFUSED, /);
    expect(message).not.toContain('s3cr3t');
  });

  test('no such host', async () => {
    expect(await refusal(await on('postgresql://app@nowhere.invalid/postgres'))).toMatch(
      /has no address \((ENOTFOUND|EAI_AGAIN), /,
    );
  });

  test('no socket', async () => {
    expect(await refusal(await on('postgresql://app@localhost/postgres?host=/nowhere'))).toMatch(
      /^Nothing listens as PostgreSQL at \/nowhere\/postgres \(ENOENT, /,
    );
  });

  describe('by a program that is no server', () => {
    let stranger: Server;
    const portOf = (): number => (stranger.address() as AddressInfo).port;
    afterEach(() => void stranger.close());

    test.each([
      ['refuses TLS', 'N', '?sslmode=require', /does not speak TLS, which was asked for/],
      ['hangs up', '', '', / closed the connection \(Connection terminated unexpectedly\)/],
    ])('and %s', async (_what, words, parameters, message) => {
      stranger = createServer((socket) => socket.once('data', () => socket.end(words))).listen(
        0,
        '127.0.0.1',
      );
      await once(stranger, 'listening');
      expect(await refusal(await on(`postgresql://app@127.0.0.1:${portOf()}/postgres${parameters}`))).toMatch(
        message,
      );
    });
  });

  test.each([
    ['mysql://localhost/x', /The URL of the database server is none; it must be a URL such as postgresql:/],
    ['postgresql://app:50%off@localhost/postgres', /% as %25/],
  ])('a URL that is none: %s', async (server, message) => {
    const error = await caught((await on(server)).setup('shop'));
    expect(error).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(message) as string,
    });
    expect(error.message).not.toContain('50%off');
  });
});
