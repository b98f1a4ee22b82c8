/** @jest-environment jest-model-provider/environment */
import type { Server } from 'node:net';
import { readFileSync, writeFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { Client } from 'pg';
import type { DatabaseClient } from 'jest-model-provider';
import { connectClient } from '../../../dist/src/providers/postgres-server/client';
import { Administration } from '../../../dist/src/providers/postgres-server/administration';
import { caught } from '../../support/caught';
import { answering, listening, refusing } from '../../fixtures/fake-postgres';
import { closeSessionsAfterEach, openPrivateSession } from '../../fixtures/private-session';
import { certificate, TlsPostgres } from '../../fixtures/tls-postgres';
import { ask, databaseSession, ourDatabases } from '../database/own-server';

// The messages in full, of a real server wherever one says it: the cause first, the server's code and words,
// then what to do.

closeSessionsAfterEach();

const password = 's3cr3t-pass';

/** A server that stands for one of the user's, and the process id of its postmaster. */
async function usersServer(): Promise<{ admin: DatabaseClient; pid: number }> {
  const { servers, session } = await databaseSession();
  const { client } = await servers.setup('embedded');
  return { admin: client, pid: session.pids.at(-1) ?? 0 };
}

function urlFor(admin: DatabaseClient, user: string, word = '', database = 'postgres'): string {
  const url = new URL(admin.url);
  [url.username, url.password, url.pathname] = [user, word, `/${database}`];
  return url.href;
}

/** Puts a rule before those that the server has. */
async function addRule(admin: DatabaseClient, rule: string): Promise<void> {
  const { rows } = await admin.query<{ hba_file: string }>('SHOW hba_file');
  const path = rows[0]?.hba_file ?? '';
  writeFileSync(path, `${rule}\n${readFileSync(path, 'utf8')}`);
  await admin.query('SELECT pg_reload_conf()');
}

const placeOf = (url: string): string => {
  const { hostname, port, pathname, searchParams } = new URL(url);
  return `PostgreSQL at ${searchParams.get('host') ?? hostname}:${port}${pathname}`;
};

/** What a session says that is to make its databases on that server, with the server's place as PLACE. */
async function refusal(url: string): Promise<string> {
  const { provider } = await databaseSession({ server: url });
  return messageOf(await caught(provider.setup('shop')), url);
}

function messageOf(error: Error & { code?: unknown }, url: string): string {
  expect(error.code).toBe('DATABASE_REFUSED');
  expect(inspect(error, { depth: 5 })).not.toContain(password);
  return error.message.replaceAll(placeOf(url), 'PLACE');
}

describe('a server that asks for passwords', () => {
  async function askingServer(): Promise<DatabaseClient> {
    const { admin } = await usersServer();
    await admin.query(`CREATE ROLE app LOGIN CREATEDB PASSWORD '${password}'`);
    await addRule(admin, 'local all app scram-sha-256');
    return admin;
  }

  test('lets in whoever has the right one', async () => {
    const admin = await askingServer();
    const { provider } = await databaseSession({ server: urlFor(admin, 'app', password) });
    const handle = await provider.setup('shop');
    expect((await handle.client.query('SELECT current_user AS name')).rows).toEqual([{ name: 'app' }]);
  });

  test('refuses another one, and the error does not repeat it', async () => {
    const admin = await askingServer();
    expect(await refusal(urlFor(admin, 'app', `${password}-x`))).toMatchInlineSnapshot(`
      "PLACE refused the user or the password (28P01, password authentication failed for user "app").
      What to do: Check user and password in the URL, or PGUSER and PGPASSWORD; the server says the same for both."
    `);
  });

  test('refuses to let in whoever has none', async () => {
    const admin = await askingServer();
    expect(await refusal(urlFor(admin, 'app'))).toMatchInlineSnapshot(`
      "PLACE wants a password, and there is none (SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string).
      What to do: Put it into the URL, or into PGPASSWORD."
    `);
  });
});

test('a user whom pg_hba.conf keeps out is told where to look', async () => {
  const { admin } = await usersServer();
  await admin.query('CREATE ROLE app LOGIN CREATEDB');
  await addRule(admin, 'local all app reject');
  expect(await refusal(urlFor(admin, 'app'))).toMatchInlineSnapshot(`
    "PLACE does not let this user in from here (28000, pg_hba.conf rejects connection for host "[local]", user "app", database "postgres", no encryption).
    What to do: Check the user, and the server's pg_hba.conf: it may demand TLS, ?sslmode=verify-full."
  `);
});

test('TLS that a server does not speak is to be left out', async () => {
  const { admin } = await usersServer();
  expect(await refusal(`${urlFor(admin, 'postgres')}&sslmode=require`)).toMatchInlineSnapshot(`
    "PLACE does not speak TLS, which was asked for (The server does not support SSL connections).
    What to do: Leave sslmode out of the URL, and PGSSLMODE unset."
  `);
});

describe('a server that lets nobody in without TLS', () => {
  async function tlsUrl(parameters: string): Promise<string> {
    const provider = new TlsPostgres();
    await openPrivateSession({ tls: provider });
    const { admin, port } = (await provider.setup('x')).client;
    await ask(admin, `CREATE ROLE app LOGIN CREATEDB PASSWORD '${password}'`);
    return `postgresql://app:${password}@127.0.0.1:${port}/postgres${parameters}`;
  }

  test('asks for it where the client has not', async () => {
    expect(await refusal(await tlsUrl(''))).toMatchInlineSnapshot(`
      "PLACE does not let this user in from here without TLS (28000, no pg_hba.conf entry for host "127.0.0.1", user "app", database "postgres", no encryption).
      What to do: Ask for TLS, ?sslmode=verify-full in the URL or PGSSLMODE; if that is refused too, look at the user, and at the server's pg_hba.conf."
    `);
  });

  test('is not trusted by its certificate alone', async () => {
    expect(await refusal(await tlsUrl('?sslmode=require'))).toMatchInlineSnapshot(`
      "the certificate of PLACE is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT, self-signed certificate).
      What to do: Give its authority, ?sslrootcert=path, or ?sslmode=no-verify for a test server."
    `);
  });

  test.each([
    ['with its authority', `?sslmode=verify-full&sslrootcert=${encodeURIComponent(certificate)}`],
    ['unverified', '?sslmode=no-verify'],
  ])('is of use %s', async (_how, parameters) => {
    const { provider } = await databaseSession({ server: await tlsUrl(parameters) });
    const { client } = await provider.setup('shop');
    expect((await client.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')).rows).toEqual([
      { ssl: true },
    ]);
  });
});

test('a server that is shutting down says so', async () => {
  const { admin, pid } = await usersServer();
  process.kill(pid, 'SIGTERM');
  expect(await refusal(urlFor(admin, 'postgres'))).toMatchInlineSnapshot(`
    "PLACE is starting or stopping (57P03, the database system is shutting down).
    What to do: Wait until it is up."
  `);
});

test('a name that is taken is no database of this session', async () => {
  const { admin } = await usersServer();
  const own = new Administration({ url: admin.url, mark: '0'.repeat(16), isOwn: true, version: 18 });
  await own.create('taken');
  expect(messageOf(await caught(own.create('taken')), admin.url)).toMatchInlineSnapshot(`
    "PLACE has a database of that name already (42P04, database "taken" already exists).
    What to do: Drop it if it was left behind; names have 40 random bits, so a second try is likely to succeed."
  `);
});

test('a template lets nobody in', async () => {
  const { provider, servers } = await databaseSession({
    schemas: { shop: async (client) => void (await client.query('CREATE TABLE t (n int)')) },
  });
  const { client } = await servers.setup('embedded');
  await provider.setup('shop');
  const template = (await ourDatabases(client.url)).find((name) => name.includes('template')) ?? '';
  const url = urlFor(client, 'postgres', '', template);
  const signal = new AbortController().signal;
  const message = messageOf(
    await caught(connectClient({ url, statementTimeoutMs: 0 }, { signal, note: () => undefined })),
    url,
  );
  expect(message.replaceAll(template, 'TEMPLATE')).toMatchInlineSnapshot(`
    "a database of PLACE takes no connections (55000, database "TEMPLATE" is not currently accepting connections).
    What to do: Templates are closed on purpose: lease a database, postgres:name, and connect to that."
  `);
});

test('a schema function that leaves a connection open is named as the reason why its template cannot be copied', async () => {
  const open: Client[] = [];
  const { provider, servers } = await databaseSession({
    schemas: {
      shop: async (client) => {
        const { rows } = await client.query<{ name: string }>('SELECT current_database() AS name');
        const other = new Client({ connectionString: urlFor(admin, 'postgres', '', rows[0]?.name) });
        other.on('error', () => undefined);
        await other.connect();
        open.push(other);
      },
    },
  });
  const admin = (await servers.setup('embedded')).client;
  const message = messageOf(await caught(provider.setup('shop')), admin.url);
  expect(message.replaceAll(/jmp_\w+/g, 'TEMPLATE')).toMatchInlineSnapshot(`
    "a database of PLACE is in use and can neither be copied nor dropped (55006, source database "TEMPLATE" is being accessed by other users).
    What to do: End the connections to it; a schema function must close every connection that it opens."
  `);
  await Promise.all(open.map((client) => client.end()));
});

describe('by the words of a fake', () => {
  let server: Server;
  afterEach(() => void server.close());
  const refusalOf = async (accept: Parameters<typeof listening>[0]): Promise<string> => {
    const fake = await listening(accept);
    server = fake.server;
    return refusal(`postgresql://app:${password}@127.0.0.1:${fake.port}/postgres`);
  };

  test('a server that is too old is refused, with the oldest that works', async () => {
    expect(await refusalOf(answering({ version: 90_624, may: 1 }))).toMatchInlineSnapshot(`
      "PLACE is of version 9, and 13 is the oldest that works.
      What to do: update it, or use the embedded server."
    `);
  });

  test('a server whose connections are all taken is told from one that is down', async () => {
    expect(await refusalOf(refusing('53300', 'sorry, too many clients already'))).toMatchInlineSnapshot(`
      "PLACE has no connection left (53300, sorry, too many clients already).
      What to do: Lower maxLive of DatabaseProvider or the number of workers (jest -w), close the connections of the code under test, or raise max_connections."
    `);
  });

  test('a server that is starting is to be waited for', async () => {
    expect(await refusalOf(refusing('57P03', 'the database system is starting up'))).toMatchInlineSnapshot(`
      "PLACE is starting or stopping (57P03, the database system is starting up).
      What to do: Wait until it is up."
    `);
  });

  test('a password that a server repeats is removed', async () => {
    expect(await refusalOf(refusing('28P01', `"${password}" is wrong`))).toMatchInlineSnapshot(`
      "PLACE refused the user or the password (28P01, "[redacted]" is wrong).
      What to do: Check user and password in the URL, or PGUSER and PGPASSWORD; the server says the same for both."
    `);
  });
});
