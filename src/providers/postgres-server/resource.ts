import type { ResourceContext } from '../../pattern/resource-context';
import type { PostgresServerConnection } from './connection';
import { attachToServer } from './given-server';
import { startServer } from './own-server';
import type { PostgresServerConfig } from './provider';

/** @throws ModelProviderError what {@link PostgresServerProvider} documents. */
export function openServer(
  name: string,
  config: PostgresServerConfig,
  context: ResourceContext,
): Promise<PostgresServerConnection> {
  return name === 'given' ? attachToServer(config, context) : startServer(name, context);
}
