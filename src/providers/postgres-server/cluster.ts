import { rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { ModelProviderError } from '../../base/errors';
import type { ResourceContext, SystemUser } from '../../pattern/resource-context';
import { failureMessage } from '../../process/output/failure-report';
import { describeExit } from '../../process/guardian/server-process';
import type { Binaries } from './binaries';
import { copyTree, giveTo } from './copy-tree';
import { serverHints } from './failures';
import { cached } from './server-cache';

// With small log segments a cluster takes 31 MB instead of 47. It is copied for every session.
const layout = ['-E', 'UTF8', '--locale=C', '--wal-segsize=1'];

/**
 * Puts a fresh cluster into `data`, which must not exist: a copy of a template that initdb makes once per
 * user and build. Only the user of this process may connect to it, under any role.
 *
 * @throws ModelProviderError `SETUP_FAILED` with the output of initdb.
 */
export async function createCluster(
  { initdb, build }: Binaries,
  data: string,
  user: SystemUser | undefined,
  context: ResourceContext,
): Promise<void> {
  const template = await cached(`cluster-${build}`, async (draft) => {
    context.progress('making a database cluster, once for this user');
    const made = join(context.serverDirectory({ user }), 'data');
    const args = ['-D', made, '-U', 'postgres', '-A', 'trust', ...layout, '--no-sync', '--no-instructions'];
    await run(initdb, args, user, context);
    rmSync(join(made, 'pg_hba.conf'));
    copyTree(made, join(draft, 'data'));
  });
  copyTree(join(template, 'data'), data, { user });
  writeAccessRules(data, user);
}

async function run(
  command: string,
  args: readonly string[],
  user: SystemUser | undefined,
  context: ResourceContext,
): Promise<void> {
  const server = await context.launch({ command, args, cwd: '/', ...(user === undefined ? {} : { user }) });
  const exit = await server.exited;
  context.signal.throwIfAborted();
  if (exit.code === 0) return;
  const reason = `initdb ${describeExit(exit)}`;
  const message = failureMessage({
    title: context.spec,
    reason,
    command: [command, ...args],
    logTail: server.logTail(),
    hints: serverHints,
  });
  throw new ModelProviderError('SETUP_FAILED', message, { details: { ...exit } });
}

// The kernel says which user is at the other end of the socket:
// https://www.postgresql.org/docs/current/auth-peer.html
function writeAccessRules(data: string, user: SystemUser | undefined): void {
  const { username } = userInfo();
  // Before version 16 "all" is not a keyword but the name of a role, which does not exist.
  const lines = ['postgres', 'all'].map((role) => `owner "${username}" ${role}\n`);
  const files = { 'pg_hba.conf': 'local all all peer map=owner\n', 'pg_ident.conf': lines.join('') };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(data, name), text, { mode: 0o600 });
    giveTo(user, join(data, name));
  }
}
