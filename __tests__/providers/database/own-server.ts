import { Client } from 'pg';
import { DatabaseProvider, type DatabaseClient, type DatabaseOptions } from 'jest-model-provider';
import { PostgresServerProvider } from '../../../dist/src/providers/postgres-server/provider';
import { openPrivateSession, type PrivateSession } from '../../fixtures/private-session';

/** A session with a provider of databases and one of servers. */
export async function databaseSession<Pooled extends boolean = false>(
  options: DatabaseOptions<Pooled> = {},
): Promise<{
  session: PrivateSession;
  provider: DatabaseProvider<Pooled>;
  servers: PostgresServerProvider;
}> {
  // Whatever server the machine has, these tests run on the embedded one.
  const provider = new DatabaseProvider<Pooled>({ server: 'embedded', ...options });
  const servers = new PostgresServerProvider();
  const session = await openPrivateSession({ postgres: provider, 'postgres-server': servers as never });
  return { session, provider, servers };
}

/** Runs a query on a connection of its own. */
export async function ask<Row>(url: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows as Row[];
  } finally {
    await client.end();
  }
}

/** The names of all databases of a server that this package has made. */
export async function ourDatabases(url: string): Promise<string[]> {
  const rows = await ask<{ name: string }>(
    url,
    "SELECT datname AS name FROM pg_database WHERE datname LIKE 'jmp\\_%'",
  );
  return rows.map(({ name }) => name);
}

/** The single value that a query gives. */
export async function value(client: Pick<DatabaseClient, 'query'>, sql: string): Promise<unknown> {
  const { rows } = await client.query<Record<string, unknown>>(sql);
  return Object.values(rows[0] ?? {})[0];
}
