import type { ResourceContext } from '../../pattern/resource-context';
import type { PostgresServerConnection } from './connection';
import { attachToServer } from './given-server';
import { startServer } from './own-server';
import type { PostgresServerConfig } from './options';

/**
 * Opens the session half of a server: one that runs already, or one of the session's own.
 *
 * @throws ModelProviderError the codes that {@link PostgresServerProvider} lists.
 */
export function openServer(
  name: string,
  config: PostgresServerConfig,
  context: ResourceContext,
): Promise<PostgresServerConnection> {
  return name === 'given' ? attachToServer(config, context) : startServer(name, config, context);
}
