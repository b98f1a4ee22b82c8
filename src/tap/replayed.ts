import { currentRuntime } from '../pattern/runtime';

/** Says of an answer that it was recorded. */
export const replayedHeader = 'x-jest-model-provider-replayed';

/** Whether an answer of an address of this run was recorded. What another server says of it does not count. */
export function isReplayed(baseURL: string, headers: Headers): boolean {
  if (!headers.has(replayedHeader)) return false;
  const origin = currentRuntime().session().tapEndpoint?.origin;
  return origin !== undefined && baseURL.startsWith(`${origin}/`);
}
