import type { Client, ClientBase, Pool, QueryResult } from 'pg';
import { localError } from '../../base/errors';
import type { ClientContext } from '../../pattern/resource-context';
import { driver } from './driver';
import { connectionError, isConnectionError } from './request-error';

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

/**
 * Connects a client.
 *
 * @throws ModelProviderError `DATABASE_REFUSED`.
 */
export async function connectClient(
  connection: DatabaseConnection,
  context: Pick<ClientContext, 'signal'>,
): Promise<DatabaseClient> {
  const client = new (leasedClient(context.signal))(options(connection));
  try {
    await client.connect();
  } catch (error) {
    throw connectionError(error, connection.url);
  }
  return withAddress(client, connection.url);
}

/**
 * Makes a pool, and connects once to see that the database answers.
 *
 * @throws as {@link connectClient} does.
 */
export async function connectPool(
  connection: DatabaseConnection,
  context: Pick<ClientContext, 'signal'>,
): Promise<DatabasePool> {
  const { Pool } = driver();
  const pool = new Pool({
    ...options(connection),
    max: connection.poolSize ?? 1,
    Client: leasedClient(context.signal),
  });
  const query = pool.query.bind(pool) as (...args: unknown[]) => unknown;
  pool.query = ((...args: unknown[]) => endedByLease(query(...args), context.signal)) as typeof pool.query;
  pool.on('error', ignore);
  try {
    (await pool.connect()).release();
  } catch (error) {
    await pool.end();
    throw connectionError(error, connection.url);
  }
  Object.defineProperty(pool.options, 'connectionString', { enumerable: false });
  return withAddress(pool, connection.url);
}

// A pool waits for connections that were never given back. The drop of the database ends those.
const endLimitMs = 1000;

/** Closes a client or a pool. */
export async function endClient(client: Pick<DatabaseClient | DatabasePool, 'end'>): Promise<void> {
  const late = new AbortController();
  await Promise.race([client.end(), delay(endLimitMs, undefined, { signal: late.signal }).catch(ignore)]);
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

/** A client class: when its connection breaks, queries fail with the reason for which the lease ended. */
function leasedClient(signal: AbortSignal): typeof Client {
  const { Client: Base } = driver();
  class LeasedClient extends Base {
    constructor(config?: object) {
      super(config);
      // The break of an idle connection is an event; without a listener it would end the process.
      this.on('error', ignore);
    }
  }
  const query = Reflect.get(Base.prototype, 'query') as (this: ClientBase, ...args: unknown[]) => unknown;
  Object.defineProperty(LeasedClient.prototype, 'query', {
    value(this: ClientBase, ...args: unknown[]) {
      return endedByLease(query.apply(this, args), signal);
    },
    writable: true,
    configurable: true,
  });
  return LeasedClient;
}

// The socket of a dead server closes shortly before the session reports the cause of its death.
const reasonLimitMs = 1000;

function endedByLease(result: unknown, signal: AbortSignal): unknown {
  if (!(result instanceof Promise)) return result;
  return (result as Promise<QueryResult>).catch(async (error: unknown) => {
    if (isConnectionError(error)) await delay(reasonLimitMs, undefined, { signal }).catch(ignore);
    if (signal.aborted) throw localError(signal.reason);
    throw error;
  });
}

// Printing a client must not print the password.
function withAddress<T extends object>(client: T, url: string): T & DatabaseAddress {
  const { host, port, user, password, database } = new (driver().Client)({ connectionString: url });
  const address = { url, host, port, user, password: password ?? undefined, database };
  for (const [key, value] of Object.entries(address))
    Object.defineProperty(client, key, { value, enumerable: false });
  return client as T & DatabaseAddress;
}

function ignore(): void {}
