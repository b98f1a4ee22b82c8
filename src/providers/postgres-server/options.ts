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

const wanted =
  'it must be a URL such as postgresql://user:password@localhost:5432/postgres or postgresql://user:password@/postgres?host=/run/postgresql';
const encoding =
  'In user and password, special characters are percent-encoded: % as %25, # as %23, ? as %3F, / as %2F, @ as %40, : as %3A. PGUSER and PGPASSWORD take them as they are.';

// The value is not shown: it may include a password.
function refusal(why: string): ModelProviderError {
  return new ModelProviderError('CONFIG_INVALID', `The URL of the database server ${why}`);
}

function checkUrl(url: string): string {
  if (!/^postgres(?:ql)?:\/\//.test(url)) throw refusal(`is none; ${wanted}.`);
  // As libpq, and unlike a URL of the web, it may have no host; the setters would ignore such a one.
  const complete = url.replace(/^([^/]+\/\/(?:[^/?#]*@)?)(?=[/?#]|$)/, '$1localhost');
  // Before it is parsed: with a port behind each host it is no URL.
  if (/^[^/]+\/\/(?:[^/?#]*@)?[^/?#@]*,/.test(complete))
    throw refusal('names several hosts; name the one to ask.');
  if (!URL.canParse(complete)) throw refusal(`is none; ${wanted}. ${encoding}`);
  const parsed = new URL(complete);
  const { username, password, pathname, search, hash, searchParams } = parsed;
  // What stands behind an unencoded character is not of the password any more.
  if (hash !== '' || (username === '' && /@/.test(pathname + search)))
    throw refusal(`has a "#", "?" or "/" that ends its user or password. ${encoding}`);
  for (const part of [username, password, pathname])
    if (!isDecodable(part)) throw refusal(`holds a "%" that begins no percent-encoding. ${encoding}`);
  if (complete !== url && !searchParams.has('host')) setHost(parsed, variable('PGHOST') ?? 'localhost');
  if (username === '') parsed.username = encodeURIComponent(variable('PGUSER') ?? userInfo().username);
  if (password === '') parsed.password = encodeURIComponent(variable('PGPASSWORD') ?? '');
  if (pathname.length < 2) parsed.pathname = `/${encodeURIComponent(variable('PGDATABASE') ?? 'postgres')}`;
  // The driver decodes a name as if it were a path.
  if (decodeURI(parsed.pathname) !== decodeURIComponent(parsed.pathname))
    throw refusal(
      'names a database with one of #?/:;@&=+$, in its name; name another one, such as postgres.',
    );
  return parsed.href;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** The variables: https://www.postgresql.org/docs/current/libpq-envars.html */
function urlOfVariables(): string {
  const port = variable('PGPORT') ?? '5432';
  const url = new URL('postgresql://localhost');
  url.port = port;
  // The setters ignore what cannot be meant.
  if (url.port !== port) throw variableRefusal('PGPORT', port, 'a port, 1 to 65535');
  setHost(url, variable('PGHOST') ?? 'localhost');
  const mode = variable('PGSSLMODE');
  if (mode !== undefined) url.searchParams.set('sslmode', mode);
  return checkUrl(url.href);
}

/** An empty one is as none: so CI passes on what is not set. */
function variable(name: string): string | undefined {
  const value = process.env[name];
  return value === '' ? undefined : value;
}

/** @param host a name, an address, or the directory of a socket. */
function setHost(url: URL, host: string): void {
  if (host.startsWith('/')) {
    url.searchParams.set('host', host);
    return;
  }
  const hostname = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  url.hostname = hostname;
  if (url.hostname !== hostname || hostname.includes(','))
    throw variableRefusal('PGHOST', host, 'one name, one address, or the directory of a socket');
}

function variableRefusal(name: string, value: string, kind: string): ModelProviderError {
  return new ModelProviderError('CONFIG_INVALID', `${name} is ${JSON.stringify(value)}; it must be ${kind}.`);
}
