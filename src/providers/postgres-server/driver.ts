import { requireActual } from '../../base/actual';
import { TextEncoder, URL } from '../../base/real-globals';

/**
 * The driver `pg`, loaded at first use: most specs use no database, and the start of a server leaves time for
 * it.
 *
 * @param url of the database to connect to, if any; what it says of TLS decides which of Node's modules the
 *   driver needs.
 * @throws ModelProviderError `CONFIG_INVALID` where a spec has mocked what it needs.
 */
export function driver(url?: string): typeof import('pg') {
  const needs = ['node:events', 'node:net', ...(url === undefined ? [] : modulesOfTls(url))];
  return withTextEncoder(() => requireActual('pg', needs)) as typeof import('pg');
}

/**
 * The driver takes a TextEncoder when it is loaded, and a page of jsdom has none: it is there meanwhile, when
 * nobody else can see it. Not loaded outside the page, since the rows of the driver are to be the page's objects.
 */
function withTextEncoder<T>(load: () => T): T {
  if ('TextEncoder' in globalThis) return load();
  Object.defineProperty(globalThis, 'TextEncoder', { value: TextEncoder, configurable: true });
  try {
    return load();
  } finally {
    Reflect.deleteProperty(globalThis, 'TextEncoder');
  }
}

/** The driver requires these only when it comes to them. */
function modulesOfTls(url: string): string[] {
  const { searchParams } = new URL(url);
  const isOff = searchParams.get('sslmode') === 'disable' || searchParams.get('ssl') === '0';
  const hasTls = !isOff && [...searchParams.keys()].some((name) => name.startsWith('ssl'));
  const readsFiles = ['sslcert', 'sslkey', 'sslrootcert'].some((name) => searchParams.has(name));
  return [...(hasTls ? ['node:tls'] : []), ...(readsFiles ? ['node:fs'] : [])];
}
