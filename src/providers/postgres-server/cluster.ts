import { createHash } from 'node:crypto';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { ModelProviderError } from '../../base/errors';
import type { ResourceContext, SystemUser } from '../../pattern/resource-context';
import { failureMessage } from '../../process/output/failure-report';
import { describeExit } from '../../process/guardian/describe-exit';
import type { Binaries } from './binaries';
import { copyTree, giveTo } from './copy-tree';
import { serverHints } from './failures';
import { cached } from './server-cache';

// With small log segments a cluster takes 31 MB instead of 47. It is copied for every session.
const layout = ['-E', 'UTF8', '--wal-segsize=1', '--text-search-config=english'];

// Text is ordered by bytes, and letters of all languages are letters. The builtin locale, of version 17 and
// newer, is the same on every machine; an older server asks the C library. Both need a character type of the
// C library that knows UTF-8, which pg_trgm asks in any case. Not every system has each of these names.
// https://www.postgresql.org/docs/current/locale.html#LOCALE-PROVIDERS
const characterTypes = ['C.UTF-8', 'UTF-8', 'en_US.UTF-8'].map((type) => [
  '--locale=C',
  `--lc-ctype=${type}`,
]);
const builtin = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
const locales = [...characterTypes.map((type) => [...builtin, ...type]), ...characterTypes];
const unknownLocale = /unrecognized (?:option|locale)|invalid locale/;

// initdb takes over the zone of the machine.
const configuration = "timezone = 'UTC'\nlog_timezone = 'UTC'\n";

// A cluster that was made in another way is another one.
const layoutHash = createHash('sha256')
  .update(JSON.stringify([layout, locales, configuration]))
  .digest('hex')
  .slice(0, 8);

/**
 * Puts a fresh cluster into `data`, which must not exist: a copy of a template that initdb makes once per
 * user and build. By its socket only the user of this process may connect to it, under any role; by a port of
 * 127.0.0.1, whoever knows the password of a role.
 *
 * @throws ModelProviderError `SETUP_FAILED` with the output of initdb.
 */
export async function createCluster(
  { initdb, build }: Binaries,
  data: string,
  user: SystemUser | undefined,
  context: ResourceContext,
): Promise<void> {
  const template = await cached(`cluster-${layoutHash}-${build}`, async (draft) => {
    context.progress('making a database cluster, once for this user');
    const made = join(context.serverDirectory({ user }), 'data');
    const args = ['-D', made, '-U', 'postgres', '-A', 'trust', ...layout, '--no-sync', '--no-instructions'];
    await makeInFirstLocale(initdb, args, user, context);
    rmSync(join(made, 'pg_hba.conf'));
    appendFileSync(join(made, 'postgresql.conf'), configuration);
    copyTree(made, join(draft, 'data'));
  });
  copyTree(join(template, 'data'), data, { user });
  writeAccessRules(data, user);
}

/** Runs initdb with the first locale that it knows. */
async function makeInFirstLocale(
  initdb: string,
  args: readonly string[],
  user: SystemUser | undefined,
  context: ResourceContext,
): Promise<void> {
  const [last = []] = locales.slice(-1);
  for (const locale of locales) {
    const all = [...args, ...locale];
    const server = await context.launch({
      ...{ command: initdb, args: all, cwd: '/' },
      ...(user === undefined ? {} : { user }),
    });
    const exit = await server.exited;
    context.signal.throwIfAborted();
    if (exit.code === 0) return;
    const logTail = server.logTail();
    if (locale !== last && unknownLocale.test(logTail.join('\n'))) continue;
    const message = failureMessage({
      title: context.spec,
      reason: `initdb ${describeExit(exit)}`,
      command: [initdb, ...all],
      logTail,
      hints: serverHints,
    });
    throw new ModelProviderError('SETUP_FAILED', message, { details: { ...exit } });
  }
}

// The kernel says which user is at the other end of the socket:
// https://www.postgresql.org/docs/current/auth-peer.html
function writeAccessRules(data: string, user: SystemUser | undefined): void {
  const { username } = userInfo();
  // Before version 16 "all" is not a keyword but the name of a role, which does not exist.
  const lines = ['postgres', 'all'].map((role) => `owner "${username}" ${role}\n`);
  const rules = 'local all all peer map=owner\nhost all all 127.0.0.1/32 scram-sha-256\n';
  const files = { 'pg_hba.conf': rules, 'pg_ident.conf': lines.join('') };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(data, name), text, { mode: 0o600 });
    giveTo(user, join(data, name));
  }
}
