import type { ProviderConstraints } from '../../pattern/constraints';
import type { Json } from '../../base/json';
import type { LeaseScope } from '../../pattern/lease-scope';
import { ModelProvider } from '../../pattern/model-provider';
import type { ClientContext, ResourceContext } from '../../pattern/resource-context';
import {
  connectClient,
  connectPool,
  endClient,
  type DatabaseClient,
  type DatabaseConnection,
  type DatabasePool,
} from '../postgres-server/client';
import type { DatabaseConfig, DatabaseOptions } from './options';

declare module '../../pattern/client-types' {
  interface BuiltInClients {
    postgres: DatabaseClient;
  }
  interface BuiltInConnections {
    postgres: DatabaseConnection;
  }
}

const poolSize = 10;

/**
 * Gives each lease a PostgreSQL database of its own, `postgres:shop`. The schema is built once as a template,
 * and copied for every lease. A released database is dropped.
 *
 * @throws ModelProviderError at setup `CONFIG_INVALID`, `DEPENDENCY_MISSING`, `DATABASE_REFUSED`,
 *   `SCHEMA_FAILED`, `SETUP_FAILED`.
 * @example
 * defineProviders({ postgres: new DatabaseProvider({ schemas: { shop: './db/migrations' } }) });
 */
export class DatabaseProvider<Pooled extends boolean = false> extends ModelProvider<
  Pooled extends true ? DatabasePool : DatabaseClient,
  DatabaseConnection,
  DatabaseConfig
> {
  override readonly isModel = false;
  readonly constraints: ProviderConstraints;
  readonly #options: DatabaseOptions<Pooled>;
  #sessionHalf: import('./resource').Databases | undefined;

  constructor(options: DatabaseOptions<Pooled> = {}) {
    super();
    this.#options = options;
    this.constraints = {
      maxLive: options.maxLive ?? Infinity,
      sharing: 'perLease',
      retain: 'lease',
      startTimeoutMs: 120_000,
      stopTimeoutMs: 30_000,
    };
  }

  override async identity(name: string, config: DatabaseConfig | undefined): Promise<Json> {
    const { databaseIdentity } = require('./identity') as typeof import('./identity');
    return databaseIdentity(name, config ?? {}, this.#options);
  }

  async createResource(
    name: string,
    config: DatabaseConfig | undefined,
    context: ResourceContext,
  ): Promise<DatabaseConnection> {
    // Loaded lazily: only the session's process may load it. By require(), which works inside Jest's VM
    // without flags.
    const { Databases } = require('./resource') as typeof import('./resource');
    this.#sessionHalf ??= new Databases(this.#options);
    const connection = await this.#sessionHalf.create(name, config ?? {}, context);
    return this.#options.pool === true ? { ...connection, poolSize } : connection;
  }

  override defaultScope(_name: string, config: DatabaseConfig | undefined): LeaseScope {
    return (config?.isolation ?? this.#options.isolation) === 'test' ? 'test' : 'block';
  }

  async createClient(
    connection: DatabaseConnection,
    context: ClientContext,
  ): Promise<Pooled extends true ? DatabasePool : DatabaseClient> {
    const connect = connection.poolSize === undefined ? connectClient : connectPool;
    return (await connect(connection, context)) as Pooled extends true ? DatabasePool : DatabaseClient;
  }

  override async disposeClient(client: Pooled extends true ? DatabasePool : DatabaseClient): Promise<void> {
    await endClient(client);
  }
}
