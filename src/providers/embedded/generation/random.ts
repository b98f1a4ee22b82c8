/** Returns numbers from 0 (included) to 1 (excluded). */
export type Random = () => number;

/**
 * Mulberry32: a small generator whose numbers depend on the seed alone, good enough to draw tokens and
 * nothing else. Source (public domain):
 * https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
 *
 * @param seed any safe integer
 */
export function seededRandom(seed: number): Random {
  // Seeds may have 53 bits; both halves count.
  let state = (seed ^ Math.imul(Math.floor(seed / 2 ** 32), 0x9e3779b1)) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
