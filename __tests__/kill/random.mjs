/** A seeded source of numbers in [0, 1): mulberry32, https://github.com/cprosche/mulberry32 */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One element of a list. */
export function pick(random, list) {
  return list[Math.floor(random() * list.length)];
}
