// Not the globals: tests may put fake timers in their place.
import { setTimeout as delay } from 'node:timers/promises';
import type { Client, ClientBase, Pool, QueryResult } from 'pg';
import type { ClientContext } from '../../pattern/resource-context';
import { driver } from './driver';
import { connectionError, isConnectionError } from './request-error';

/** How any process reaches a leased database. */
export type DatabaseConnection = {
  /** With the password, if there is one. */
  url: string;
  /** Milliseconds after which the server gives a statement up; 0 for no limit. */
  statementTimeoutMs: number;
  /** How many connections the client may have; undefined for a single one. */
  poolSize?: number;
};

/** A connected `pg.Client` of a leased database. */
export interface DatabaseClient extends Client {
  /** The database as a URL, for code under test that connects by itself. It holds the password, if there is one. */
  readonly url: string;
}

/** A `pg.Pool` of a leased database. */
export interface DatabasePool extends Pool {
  /** The database as a URL, for code under test that connects by itself. It holds the password, if there is one. */
  readonly url: string;
}

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
  return withUrl(client, connection.url);
}

/** Makes a pool, and one connection of it to see that the database answers. @throws as {@link connectClient} does. */
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
  return withUrl(pool, connection.url);
}

// A pool waits for the connections that were never given back; the drop of the database ends those.
const endLimitMs = 1000;

/** Closes a client or a pool. */
export async function endClient(client: Pick<DatabaseClient | DatabasePool, 'end'>): Promise<void> {
  const late = new AbortController();
  await Promise.race([client.end(), delay(endLimitMs, undefined, { signal: late.signal }).catch(ignore)]);
  late.abort();
}

const connectLimitMs = 30_000;

function options({ url, statementTimeoutMs }: DatabaseConnection): object {
  return {
    connectionString: url,
    connectionTimeoutMillis: connectLimitMs,
    application_name: 'jest-model-provider',
    ...(statementTimeoutMs > 0 ? { statement_timeout: statementTimeoutMs } : {}),
  };
}

/** A client class whose queries, when the connection breaks, fail with the reason why the lease ended. */
function leasedClient(signal: AbortSignal): typeof Client {
  const { Client: Base } = driver();
  class LeasedClient extends Base {
    constructor(config?: object) {
      super(config);
      // An idle connection that breaks is an event, and one that nobody hears ends the process.
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

// A dead server closes its connections a moment before the session says why it is dead.
const reasonLimitMs = 1000;

function endedByLease(result: unknown, signal: AbortSignal): unknown {
  if (!(result instanceof Promise)) return result;
  return (result as Promise<QueryResult>).catch(async (error: unknown) => {
    if (isConnectionError(error)) await delay(reasonLimitMs, undefined, { signal }).catch(ignore);
    signal.throwIfAborted();
    throw error;
  });
}

// Printing a client must not print the password.
function withUrl<T extends object>(client: T, url: string): T & { readonly url: string } {
  return Object.defineProperty(client, 'url', { value: url, enumerable: false }) as T & {
    readonly url: string;
  };
}

function ignore(): void {}
