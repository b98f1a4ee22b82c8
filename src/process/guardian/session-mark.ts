/**
 * The environment variable that marks every process of a session: the session's id, which is random, and the
 * server's. What a server starts inherits it.
 */
export const sessionMark = 'JEST_MODEL_PROVIDER_PROCESS';

/** The mark of one server's processes. */
export function markOf(session: string, server: string): string {
  return `${session}/${server}`;
}

/** The server of `session` whose mark is in an environment. Only the variable itself counts. */
export function markedServer(session: string, environment: readonly string[] = []): string | undefined {
  const value = environment
    .find((entry) => entry.startsWith(`${sessionMark}=`))
    ?.slice(sessionMark.length + 1);
  const [, marked, server] = /^([^/]+)\/(.+)$/.exec(value ?? '') ?? [];
  return marked === session ? server : undefined;
}
