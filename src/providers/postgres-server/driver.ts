import { requireActual } from '../../base/actual';

/**
 * The driver `pg`, loaded at first use: most specs use no database, and the start of a server leaves time for
 * it.
 *
 * @throws ModelProviderError `CONFIG_INVALID` where a spec has mocked what it needs.
 */
export function driver(): typeof import('pg') {
  return requireActual('pg', ['node:events', 'node:net']) as typeof import('pg');
}
