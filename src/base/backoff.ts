// Doubled each time, and spread so that requests that were refused together do not come back together.
const firstMs = 500;
const longestMs = 60_000;

/**
 * Milliseconds to wait before a request is sent again where the server does not say: half a second, a second,
 * and so on, each half to one and a half times as long, never more than a minute.
 *
 * @param retry which retry it will be, from 1.
 * @param random from 0 to 1.
 */
export function backoffMs(retry: number, random = Math.random()): number {
  return Math.min(longestMs, firstMs * 2 ** (retry - 1) * (0.5 + random));
}
