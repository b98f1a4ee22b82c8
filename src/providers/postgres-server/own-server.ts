import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isModelProviderError, messageOf, ModelProviderError } from '../../base/errors';
import type { ResourceContext, ServerProcess } from '../../pattern/resource-context';
import { failureMessage } from '../../process/output/failure-report';
import { waitUntilReady, type ReadinessCheck } from '../../process/readiness/readiness';
import { describeExit } from '../../process/guardian/server-process';
import { driver } from './driver';
import { findBinaries } from './binaries';
import { createCluster } from './cluster';
import type { PostgresServerConnection } from './connection';
import { keepData, keptOnOwnServer } from './kept-databases';
import { newMark } from './database-name';
import { serverHints } from './failures';
import { serverUser } from './server-user';

const stallMs = 30_000;
const socketPort = 1;

// A server that ends with its session needs no durability:
// https://www.postgresql.org/docs/current/non-durability.html
const settings = {
  listen_addresses: '',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  // It would connect to templates, and a database with a connection cannot be copied.
  autovacuum: 'off',
  shared_buffers: '32MB',
  max_connections: '500',
  // A file in the data directory: a shared memory segment of the kernel would outlive a killed server.
  dynamic_shared_memory_type: 'mmap',
  jit: 'off',
};

/**
 * Starts a server of the session's own, on a Unix socket in a private directory.
 *
 * @throws ModelProviderError `DEPENDENCY_MISSING`, `COMMAND_NOT_FOUND`, `SETUP_FAILED`, `SETUP_STALLED`.
 */
export async function startServer(name: string, context: ResourceContext): Promise<PostgresServerConnection> {
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
  const args = [
    ...['-D', data, '-k', directory, '-p', String(socketPort)],
    ...Object.entries(settings).flatMap(([setting, value]) => ['-c', `${setting}=${value}`]),
  ];
  const server = await context.launch({
    command: binaries.postgres,
    args,
    cwd: directory,
    // Immediate shutdown, without a checkpoint but of all its processes:
    // https://www.postgresql.org/docs/current/server-shutdown.html
    stopSignal: 'SIGQUIT',
    graceMs: 6000,
    ...(user === undefined ? {} : { user }),
  });
  const url = `postgresql://postgres@localhost:${socketPort}/postgres?host=${encodeURIComponent(directory)}`;
  // Runs before the server ends, since it is stopped without a checkpoint.
  context.defer('write the databases of failed tests to disk', async () => {
    // https://www.postgresql.org/docs/current/sql-checkpoint.html
    if (keptOnOwnServer(mark).length > 0 && server.exit === undefined) await ask(url, 'CHECKPOINT');
  });
  try {
    await waitUntilReady(
      [firstQuery(url, server)],
      { stallMs, requestMs: stallMs },
      {
        signal: context.signal,
        progress: (message) => context.progress(message),
        signOfLife: () => server.logSize(),
      },
    );
  } catch (error) {
    context.signal.throwIfAborted();
    const message = failureMessage({
      title: context.spec,
      reason: messageOf(error).replace(/\.$/, ''),
      command: [binaries.postgres, ...args],
      logTail: server.logTail(),
      hints: serverHints,
    });
    const code = isModelProviderError(error) ? error.code : 'SETUP_FAILED';
    throw new ModelProviderError(code, message, { cause: error });
  }
  // https://www.postgresql.org/docs/current/storage-file-layout.html
  const version = Number(readFileSync(join(data, 'PG_VERSION'), 'utf8'));
  return { url, mark, isOwn: true, version };
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
  const client = new (driver().Client)({ connectionString: url, connectionTimeoutMillis: stallMs });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
