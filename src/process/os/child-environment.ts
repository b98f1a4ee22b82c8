import type { LaunchOptions } from '../../pattern/resource-context';

const allowed =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TEMP|TMP|XDG_CACHE_HOME|XDG_RUNTIME_DIR|(DY)?LD_LIBRARY_PATH|SYSTEMROOT|SSL_CERT_(FILE|DIR))$/;

/**
 * The environment of a server process: those variables of this process that are on the allow-list or named by
 * the provider, and the server's own. The session's token and unrelated secrets are not passed on.
 */
export function childEnvironment(options: Pick<LaunchOptions, 'env' | 'passEnv'>): Record<string, string> {
  const passed = new Set(options.passEnv);
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (allowed.test(entry[0]) || passed.has(entry[0])),
  );
  return { ...Object.fromEntries(inherited), ...options.env };
}
