import { requireActual } from '../../base/actual';

/**
 * The driver `pg`, loaded at first use: most specs use no database, and the start of a server leaves time for
 * it.
 *
 * @param url of the database to connect to, if any; what it says of TLS decides which of Node's modules the
 *   driver needs.
 * @throws ModelProviderError `CONFIG_INVALID` where a spec has mocked what it needs.
 */
export function driver(url?: string): typeof import('pg') {
  return requireActual('pg', [
    'node:events',
    'node:net',
    ...(url === undefined ? [] : modulesOfTls(url)),
  ]) as typeof import('pg');
}

/** The driver requires these only when it comes to them. */
function modulesOfTls(url: string): string[] {
  const { searchParams } = new URL(url);
  const isOff = searchParams.get('sslmode') === 'disable' || searchParams.get('ssl') === '0';
  const hasTls = !isOff && [...searchParams.keys()].some((name) => name.startsWith('ssl'));
  const readsFiles = ['sslcert', 'sslkey', 'sslrootcert'].some((name) => searchParams.has(name));
  return [...(hasTls ? ['node:tls'] : []), ...(readsFiles ? ['node:fs'] : [])];
}
