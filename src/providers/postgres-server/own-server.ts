import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isModelProviderError, messageOf, ModelProviderError } from '../../base/errors';
import { showValue } from '../../base/json';
import type { ResourceContext, ServerProcess, SystemUser } from '../../pattern/resource-context';
import { failureMessage } from '../../process/output/failure-report';
import { waitUntilReady, type ReadinessCheck } from '../../process/readiness/readiness';
import { describeExit } from '../../process/guardian/describe-exit';
import { driver } from './driver';
import { findBinaries } from './binaries';
import { createCluster } from './cluster';
import type { PostgresServerConnection } from './connection';
import { keepData, keptOnOwnServer } from './kept-databases';
import { newMark } from './database-name';
import { serverHints } from './failures';
import type { PostgresServerConfig } from './options';
import { newPassword, scramVerifier } from './password';
import { serverUser } from './server-user';

const stallMs = 30_000;
const socketPort = 1;

// A server that ends with its session needs no durability:
// https://www.postgresql.org/docs/current/non-durability.html
const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  // It would connect to templates, and a database with a connection cannot be copied.
  autovacuum: 'off',
  shared_buffers: '32MB',
  max_connections: '500',
  // A client that does not answer the question for its password keeps every database from being dropped.
  authentication_timeout: '10s',
  // A file in the data directory: a shared memory segment of the kernel would outlive a killed server.
  dynamic_shared_memory_type: 'mmap',
  jit: 'off',
};

const portAttempts = 3;

// The server has no certificate, whatever PGSSLMODE wants of others.
const withoutTls = 'sslmode=disable';

/**
 * Starts a server of the session's own, on a Unix socket in a private directory, and on a port if one is asked
 * for.
 *
 * @throws ModelProviderError `CONFIG_INVALID`, `DEPENDENCY_MISSING`, `COMMAND_NOT_FOUND`, `SETUP_FAILED`,
 *   `SETUP_STALLED`.
 */
export async function startServer(
  name: string,
  { listen }: PostgresServerConfig,
  context: ResourceContext,
): Promise<PostgresServerConnection> {
  checkListen(listen);
  const binaries = await findBinaries(name);
  const user = serverUser();
  // The guardian starts while the cluster is copied.
  const directory = context.serverDirectory({ user, inMemory: true });
  const data = join(directory, 'data');
  await createCluster(binaries, data, user, context);
  const mark = newMark();
  // Runs after the server has ended, and before its directory is removed.
  context.defer('keep the databases of failed tests', () => {
    if (keptOnOwnServer(mark).length === 0) return;
    context.keep(keepData({ mark, postgres: binaries.postgres, directory, user, port: socketPort }));
  });
  const places = { directory, data, user, postgres: binaries.postgres };
  const { server, port } = await launchOnFreePort(places, listen, context);
  const socketUrl = urlOfSocket(directory, port);
  // Runs before the server ends, since it is stopped without a checkpoint.
  context.defer('write the databases of failed tests to disk', async () => {
    // https://www.postgresql.org/docs/current/sql-checkpoint.html
    if (keptOnOwnServer(mark).length > 0 && server.exit === undefined) await ask(socketUrl, 'CHECKPOINT');
  });
  const url = listen === undefined ? socketUrl : await urlOfPort(socketUrl, listen, port);
  // https://www.postgresql.org/docs/current/storage-file-layout.html
  const version = Number(readFileSync(join(data, 'PG_VERSION'), 'utf8'));
  return { url, mark, isOwn: true, version };
}

function checkListen(listen: unknown): void {
  if (listen === undefined || listen === '127.0.0.1') return;
  throw new ModelProviderError(
    'CONFIG_INVALID',
    `listen is ${showValue(listen)}; it must be '127.0.0.1', or left out for a Unix socket alone.`,
  );
}

interface Places {
  readonly postgres: string;
  readonly directory: string;
  readonly data: string;
  readonly user: SystemUser | undefined;
}

interface Launched {
  readonly server: ServerProcess;
  readonly port: number;
}

/** Launches a server and waits until it answers. Tries another port if another process took the first. */
async function launchOnFreePort(
  { postgres, directory, data, user }: Places,
  listen: PostgresServerConfig['listen'],
  context: ResourceContext,
): Promise<Launched> {
  for (let attempt = 1; ; attempt += 1) {
    const port = listen === undefined ? socketPort : await context.freePort();
    const args = [
      ...['-D', data, '-k', directory, '-p', String(port)],
      ...Object.entries({ ...settings, listen_addresses: listen ?? '' }).flatMap(([setting, value]) => [
        '-c',
        `${setting}=${value}`,
      ]),
    ];
    const server = await context.launch({
      command: postgres,
      args,
      cwd: directory,
      // Immediate shutdown, without a checkpoint but of all its processes:
      // https://www.postgresql.org/docs/current/server-shutdown.html
      stopSignal: 'SIGQUIT',
      graceMs: 6000,
      ...(user === undefined ? {} : { user }),
    });
    try {
      await waitUntilReady(
        [firstQuery(urlOfSocket(directory, port), server)],
        { stallMs, requestMs: stallMs },
        {
          signal: context.signal,
          progress: (message) => context.progress(message),
          signOfLife: () => server.logSize(),
        },
      );
      return { server, port };
    } catch (error) {
      context.signal.throwIfAborted();
      const logTail = server.logTail();
      if (attempt < portAttempts && /could not bind/.test(logTail.join('\n'))) continue;
      const message = failureMessage({
        title: context.spec,
        reason: messageOf(error).replace(/\.$/, ''),
        command: [postgres, ...args],
        logTail,
        hints: serverHints,
      });
      const code = isModelProviderError(error) ? error.code : 'SETUP_FAILED';
      throw new ModelProviderError(code, message, { cause: error });
    }
  }
}

function urlOfSocket(directory: string, port: number): string {
  return `postgresql://postgres@localhost:${port}/postgres?host=${encodeURIComponent(directory)}&${withoutTls}`;
}

/** Gives the superuser a password, without which nobody can connect to a port. */
async function urlOfPort(socketUrl: string, address: string, port: number): Promise<string> {
  const password = newPassword();
  await ask(socketUrl, `ALTER ROLE postgres PASSWORD '${scramVerifier(password)}'`);
  return `postgresql://postgres:${password}@${address}:${port}/postgres?${withoutTls}`;
}

function firstQuery(url: string, server: ServerProcess): ReadinessCheck {
  const died = server.exited.then((exit) => {
    throw new ModelProviderError('SETUP_FAILED', `The server ${describeExit(exit)} before it was ready`);
  });
  died.catch(() => undefined);
  const check = (): Promise<true | string> =>
    ask(url, 'SELECT 1').then(
      () => true as const,
      (error: unknown) => messageOf(error),
    );
  return { title: 'first query', check: () => Promise.race([check(), died]) };
}

async function ask(url: string, sql: string): Promise<void> {
  const client = new (driver(url).Client)({ connectionString: url, connectionTimeoutMillis: stallMs });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
