import { userInfo } from 'node:os';
import { ModelProviderError } from '../../base/errors';

/** Where a server is, or is to be. Kept in the main process. */
export type PostgresServerConfig = {
  /**
   * Of a server that runs already: `postgresql://user:password@host:port/database`; by default the server of
   * the `PG*` variables.
   */
  url?: string;
  /** Of a server that the session starts: the address on which it has a port, besides its socket. */
  listen?: '127.0.0.1';
};

/**
 * The URL of the server, complete with user, password and database.
 *
 * @throws ModelProviderError `CONFIG_INVALID`.
 */
export function givenUrl({ url }: PostgresServerConfig): string {
  return url === undefined ? urlOfVariables() : checkUrl(url);
}

function checkUrl(url: string): string {
  // The value is not shown: it may include a password.
  const wanted = 'it must be a URL such as postgresql://user:password@localhost:5432/postgres';
  if (!/^postgres(?:ql)?:\/\//.test(url) || !URL.canParse(url))
    throw new ModelProviderError('CONFIG_INVALID', `The URL of the database server is none; ${wanted}.`);
  const parsed = new URL(url);
  try {
    decodeURIComponent(parsed.password + parsed.username);
  } catch {
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `The user or the password in the URL of the database server holds a "%" that begins no percent-encoding: write it as %25.`,
    );
  }
  if (parsed.username === '') parsed.username = process.env['PGUSER'] ?? userInfo().username;
  if (parsed.password === '') parsed.password = process.env['PGPASSWORD'] ?? '';
  if (parsed.pathname.length < 2) parsed.pathname = `/${process.env['PGDATABASE'] ?? 'postgres'}`;
  return parsed.href;
}

/** The variables: https://www.postgresql.org/docs/current/libpq-envars.html */
function urlOfVariables(): string {
  const { PGHOST = 'localhost', PGPORT = '5432', PGSSLMODE = '' } = process.env;
  const url = new URL('postgresql://localhost');
  url.port = PGPORT;
  if (PGHOST.startsWith('/')) url.searchParams.set('host', PGHOST);
  else url.hostname = PGHOST;
  if (PGSSLMODE !== '') url.searchParams.set('sslmode', PGSSLMODE);
  return checkUrl(url.href);
}
