import { userInfo } from 'node:os';
import type { Client } from 'pg';
import { messageOf, ModelProviderError } from '../../pattern/errors';
import type { ResourceContext } from '../../pattern/resource-context';
import { driver } from '../database/driver';
import { connectionError, placeOf } from '../database/request-error';
import { Administration } from './administration';
import type { PostgresServerConnection } from './connection';
import { newMark } from './database-name';
import { sessionName } from './ownership';
import type { PostgresServerConfig } from './provider';

const oldest = 13;
const connectLimitMs = 30_000;

/**
 * Attaches to a server of the user's: checks that databases can be made there, and drops those that dead sessions left. Nothing
 * that no session of this package has made is ever touched. When the server goes away, so does the resource.
 *
 * @throws ModelProviderError `CONFIG_INVALID`, `DATABASE_REFUSED`.
 */
export async function attachToServer(
  { url: wished }: PostgresServerConfig,
  context: ResourceContext,
): Promise<PostgresServerConnection> {
  const url = wished === undefined ? urlOfVariables() : checkUrl(wished);
  const mark = newMark();
  const client = new (driver().Client)({
    connectionString: url,
    connectionTimeoutMillis: connectLimitMs,
    keepAlive: true,
    application_name: sessionName(mark),
  });
  let isConnected = false;
  const onLost = (why: string): void => {
    if (isConnected) context.lost(`${placeOf(url)} closed the session's connection${why}`);
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
    // Nothing of it keeps a script from ending. @types/pg does not know the method.
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
      `${placeOf(url)} is of version ${major}, and ${oldest} is the oldest that works.\nWhat to do: update it, or use the embedded server.`,
      { details: { place: placeOf(url), version: major } },
    );
  }
  if (!may) throw Object.assign(new Error('permission denied to create database'), { code: '42501' });
  return major;
}

function checkUrl(url: string): string {
  // The value is not shown: it may hold a password.
  const wanted = 'it must be a URL such as postgresql://user:password@localhost:5432/postgres';
  if (!/^postgres(?:ql)?:\/\//.test(url) || !URL.canParse(url))
    throw new ModelProviderError('CONFIG_INVALID', `The URL of the database server is none; ${wanted}.`);
  const parsed = new URL(url);
  try {
    decodeURIComponent(parsed.password + parsed.username);
  } catch {
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `The user or the password in the URL of the database server holds a "%" that begins no percent-encoding: write it as %25.`,
    );
  }
  if (parsed.username === '') parsed.username = process.env['PGUSER'] ?? userInfo().username;
  if (parsed.password === '') parsed.password = process.env['PGPASSWORD'] ?? '';
  if (parsed.pathname.length < 2) parsed.pathname = `/${process.env['PGDATABASE'] ?? 'postgres'}`;
  return parsed.href;
}

/** https://www.postgresql.org/docs/current/libpq-envars.html */
function urlOfVariables(): string {
  const { PGHOST = 'localhost', PGPORT = '5432', PGSSLMODE = '' } = process.env;
  const url = new URL('postgresql://localhost');
  url.port = PGPORT;
  if (PGHOST.startsWith('/')) url.searchParams.set('host', PGHOST);
  else url.hostname = PGHOST;
  if (PGSSLMODE !== '') url.searchParams.set('sslmode', PGSSLMODE);
  return checkUrl(url.href);
}
