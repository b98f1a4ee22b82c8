import type { Client } from 'pg';
import type { ProviderConstraints } from '../../pattern/constraints';
import type { Json } from '../../pattern/json';
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
} from './client';

/**
 * What a database holds when it is leased: SQL files, run in their order; directories of migrations, whose `.sql` files are run in the
 * order of their names; or a function that is given a connection. Paths begin where Jest was started.
 */
export type DatabaseSchema = string | readonly string[] | ((client: Client) => Promise<void>);

/** Options for every database of the provider. */
export interface DatabaseOptions<Pooled extends boolean = boolean> {
  /**
   * The server: a URL, `embedded`, or the folder of an installed one's programs. By default the server of `DATABASE_URL`, else that of
   * `PGHOST`, else the embedded one, else one that is installed.
   */
  readonly server?: string;
  /** Schemas by the name of the database, `postgres:shop`. A name without one is an empty database if none is given at all. */
  readonly schemas?: Readonly<Record<string, DatabaseSchema>>;
  /**
   * `file`, the default: `withClient` gives the tests of its block one database, and other files and blocks other ones. `test`: each
   * test of the block has its own, unless `withClient` is told its `scope`. `shared`: all leases of one name and schema, of all files
   * and workers, share one. By hand, each `setup` that is not shared has its own.
   */
  readonly isolation?: DatabaseIsolation;
  /** Whether clients are a `pg.Pool`, of at most 10 connections, instead of one `pg.Client`. */
  readonly pool?: Pooled;
  /** Milliseconds after which the server gives a statement up; 30,000 by default, 0 for no limit. */
  readonly statementTimeoutMs?: number;
  /**
   * Keeps the database of a failed test, of every test that shared it, and prints how to look at it and how to remove it; with a server
   * of the run's own, its data directory. False by default. What a test itself tears down before it fails is dropped.
   */
  readonly keepOnFailure?: boolean;
  /** How many databases may be leased at once; no limit by default. */
  readonly maxLive?: number;
}

export type DatabaseIsolation = 'file' | 'test' | 'shared';

/** What one resource may set for itself. */
export type DatabaseConfig = {
  /** Files and directories, as in {@link DatabaseSchema}. */
  schema?: string | string[];
  isolation?: DatabaseIsolation;
  statementTimeoutMs?: number;
};

declare module '../../pattern/client-types' {
  interface BuiltInClients {
    postgres: DatabaseClient;
  }
}

const poolSize = 10;

/**
 * Gives each lease a PostgreSQL database of its own, `postgres:shop`: the schema is built once as a template, and copied for every
 * lease. A released database is dropped.
 *
 * @throws ModelProviderError at setup `CONFIG_INVALID`, `DEPENDENCY_MISSING`, `DATABASE_REFUSED`, `SCHEMA_FAILED`, `SETUP_FAILED`.
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
    // Loaded here, in the session's process only; by require(), so that it also works inside Jest's VM without flags.
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
