import type { Client, Pool } from 'pg';
import { AbortController } from '../../base/real-globals';
import type { ClientContext } from '../../pattern/resource-context';
import { driver } from './driver';
import { LeasedWork } from './leased-work';
import { connectionError } from './request-error';

// Not the globals: tests may replace those by fake timers.
const { setTimeout: delay } = process.getBuiltinModule('node:timers/promises');

/** How any process reaches a leased database. */
export type DatabaseConnection = {
  /** Includes the password, if there is one. */
  url: string;
  /** Milliseconds after which the server cancels a statement; 0 for no limit. */
  statementTimeoutMs: number;
  /** The number of connections of a pool; undefined for a single client. */
  poolSize?: number;
};

/** How code under test connects to a leased database by itself. */
export interface DatabaseAddress {
  /** The database as a URL. Includes the password, if there is one. */
  readonly url: string;
  /** A name, an address, or the directory of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Undefined if none is needed. */
  readonly password: string | undefined;
  readonly database: string;
}

/** A connected `pg.Client` of a leased database. */
export type DatabaseClient = Client & DatabaseAddress;

/** A `pg.Pool` of a leased database. */
export type DatabasePool = Pool & DatabaseAddress;

type LeaseContext = Pick<ClientContext, 'signal' | 'note'>;

/** What the clients and pools of leases have under way, until their lease ends. */
const leased = new WeakMap<object, { readonly work: LeasedWork; readonly context: LeaseContext }>();

/**
 * Connects a client.
 *
 * @throws ModelProviderError `DATABASE_REFUSED`.
 */
export async function connectClient(
  connection: DatabaseConnection,
  context: LeaseContext,
): Promise<DatabaseClient> {
  const work = new LeasedWork(context.signal);
  const client = new (work.clientClass(driver(connection.url).Client))(options(connection));
  try {
    await client.connect();
  } catch (error) {
    throw connectionError(error, connection.url);
  }
  leased.set(client, { work, context });
  return withAddress(client, connection.url);
}

/**
 * Makes a pool, and connects once to see that the database answers.
 *
 * @throws as {@link connectClient} does.
 */
export async function connectPool(
  connection: DatabaseConnection,
  context: LeaseContext,
): Promise<DatabasePool> {
  const { Pool, Client } = driver(connection.url);
  const work = new LeasedWork(context.signal);
  const pool = new Pool({
    ...options(connection),
    max: connection.poolSize ?? 1,
    Client: work.clientClass(Client),
  });
  const query = pool.query.bind(pool) as (...args: unknown[]) => unknown;
  pool.query = ((...args: unknown[]) => work.follow(query(...args))) as typeof pool.query;
  pool.on('error', () => undefined);
  try {
    (await pool.connect()).release();
  } catch (error) {
    await pool.end();
    throw connectionError(error, connection.url);
  }
  leased.set(pool, { work, context });
  Object.defineProperty(pool.options, 'connectionString', { enumerable: false });
  return withAddress(pool, connection.url);
}

// A pool waits for connections that were never given back. The drop of the database ends those.
const endLimitMs = 1000;

/** Closes a client or a pool, and remarks what its lease left open. */
export async function endClient(client: Pick<DatabaseClient | DatabasePool, 'end'>): Promise<void> {
  const { work, context } = leased.get(client) ?? {};
  if (work?.hasOpenTransaction === true)
    context?.note('a transaction was open at the end of its lease, and was undone: COMMIT or ROLLBACK it');
  work?.end();
  const late = new AbortController();
  await Promise.race([
    client.end(),
    delay(endLimitMs, undefined, { signal: late.signal }).catch(() => undefined),
  ]);
  late.abort();
}

const connectLimitMs = 30_000;

/** What the connections of this package call themselves. */
export const applicationName = 'jest-model-provider';

function options({ url, statementTimeoutMs }: DatabaseConnection): object {
  return {
    connectionString: url,
    connectionTimeoutMillis: connectLimitMs,
    application_name: applicationName,
    ...(statementTimeoutMs > 0 ? { statement_timeout: statementTimeoutMs } : {}),
  };
}

// Printing a client must not print the password.
function withAddress<T extends object>(client: T, url: string): T & DatabaseAddress {
  const { host, port, user, password, database } = new (driver(url).Client)({ connectionString: url });
  const address = { url, host, port, user, password: password ?? undefined, database };
  for (const [key, value] of Object.entries(address))
    Object.defineProperty(client, key, { value, enumerable: false });
  return client as T & DatabaseAddress;
}
