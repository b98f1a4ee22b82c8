import { environmentOf } from '../os/process-table';

/**
 * The environment variable that marks every process of a session: the session's id, which is random, and the
 * server's. What a server starts inherits it.
 */
export const sessionMark = 'JEST_MODEL_PROVIDER_PROCESS';

/** The mark of one server's processes. */
export function markOf(session: string, server: string): string {
  return `${session}/${server}`;
}

/** The session and the server whose mark is in an environment. Only the variable itself counts. */
export function markedFor(
  environment: readonly string[],
): { readonly session: string; readonly server: string } | undefined {
  const value = environment
    .find((entry) => entry.startsWith(`${sessionMark}=`))
    ?.slice(sessionMark.length + 1);
  const [, session, server] = /^([^/]+)\/(.+)$/.exec(value ?? '') ?? [];
  return session === undefined || server === undefined ? undefined : { session, server };
}

/** The server of `session` that a process is marked for. Only Linux shows the environments of others. */
export function markedServer(pid: number, session: string): string | undefined {
  const mark = markedFor(environmentOf(pid) ?? []);
  return mark?.session === session ? mark.server : undefined;
}
