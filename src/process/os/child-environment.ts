import type { LaunchOptions } from '../../pattern/resource-context';
import { loopbackExceptions } from './loopback-proxies';

const allowed =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TEMP|TMP|XDG_CACHE_HOME|XDG_RUNTIME_DIR|(DY)?LD_LIBRARY_PATH|SYSTEMROOT|SSL_CERT_(FILE|DIR))$/;

/**
 * The environment of a server process: those variables of this process that are on the allow-list or named by
 * the provider, and the server's own. The session's token and unrelated secrets are not passed on. A server
 * that gets a proxy does not use it for servers of this machine.
 */
export function childEnvironment(options: Pick<LaunchOptions, 'env' | 'passEnv'>): Record<string, string> {
  const passed = new Set(options.passEnv);
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (allowed.test(entry[0]) || passed.has(entry[0])),
  );
  const env = { ...Object.fromEntries(inherited), ...options.env };
  return { ...env, ...loopbackExceptions(env) };
}
