import type { Client } from 'pg';
import { messageOf, ModelProviderError } from '../../base/errors';
import type { ResourceContext } from '../../pattern/resource-context';
import { driver } from './driver';
import { connectionError, describeServer } from './request-error';
import { Administration } from './administration';
import type { PostgresServerConnection } from './connection';
import { newMark } from './database-name';
import { givenUrl, type PostgresServerConfig } from './options';
import { sessionName } from './ownership';

const oldest = 13;
const connectLimitMs = 30_000;

/**
 * Attaches to a server that the user runs: checks that databases can be made there, and drops those of dead
 * sessions. Databases that no session has made are never touched. If the server goes away, the resource is
 * lost.
 *
 * @throws ModelProviderError `CONFIG_INVALID`, `DATABASE_REFUSED`.
 */
export async function attachToServer(
  config: PostgresServerConfig,
  context: ResourceContext,
): Promise<PostgresServerConnection> {
  const url = givenUrl(config);
  const mark = newMark();
  const client = new (driver(url).Client)({
    connectionString: url,
    connectionTimeoutMillis: connectLimitMs,
    keepAlive: true,
    application_name: sessionName(mark),
  });
  let isConnected = false;
  const onLost = (why: string): void => {
    if (isConnected) context.lost(`${describeServer(url)} closed the session's connection${why}`);
  };
  client.on('error', (error) => onLost(`: ${messageOf(error)}`));
  client.on('end', () => onLost(''));
  try {
    await client.connect();
    isConnected = true;
    context.defer('close its connection', async () => {
      isConnected = false;
      await client.end();
    });
    // The connection must not keep a script from ending. @types/pg lacks the method.
    (client as unknown as { unref(): void }).unref();
    const version = await checkRights(client, url);
    const server = { url, mark, isOwn: false, version };
    const administration = new Administration(server);
    for (const name of await administration.abandonedDatabases()) await administration.drop(name);
    context.defer('drop its databases', async () => {
      for (const name of await administration.ownDatabases()) await administration.drop(name);
    });
    return server;
  } catch (error) {
    throw connectionError(error, url);
  }
}

async function checkRights(client: Client, url: string): Promise<number> {
  const { rows } = await client.query<{ version: number; may: boolean }>(
    "SELECT current_setting('server_version_num')::int AS version, rolcreatedb OR rolsuper AS may FROM pg_roles WHERE rolname = current_user",
  );
  const { version = 0, may = false } = rows[0] ?? {};
  const major = Math.floor(version / 10_000);
  if (major < oldest) {
    throw new ModelProviderError(
      'DATABASE_REFUSED',
      `${describeServer(url)} is of version ${major}, and ${oldest} is the oldest that works.\nWhat to do: update it, or use the embedded server.`,
      { details: { server: describeServer(url), version: major } },
    );
  }
  if (!may) throw Object.assign(new Error('permission denied to create database'), { code: '42501' });
  return major;
}
