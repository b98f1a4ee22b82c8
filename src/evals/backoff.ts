import { retryAfterMs } from './error-kind';

// Doubled each time, and spread so that those refused together do not come back together.
const firstMs = 500;
const longestMs = 60_000;

/**
 * Milliseconds to wait before a request is sent again: as long as its server wants, else half a second, a second, and so on, each half
 * to one and a half times as long. Never more than a minute.
 *
 * @param retry which one it will be, from 1.
 * @param random from 0 to 1.
 */
export function backoffMs(error: unknown, retry: number, random = Math.random()): number {
  return Math.min(longestMs, retryAfterMs(error) ?? firstMs * 2 ** (retry - 1) * (0.5 + random));
}
