// A lookup of a global takes up to a microsecond in the realm of a spec: see base/hot-globals.
const { abs, sign } = Math;

/**
 * The sum of finite numbers, rounded once, so that it is the same in every order.
 *
 * J. R. Shewchuk (1997), "Adaptive precision floating-point arithmetic and fast robust geometric predicates",
 * Discrete Comput. Geom. 18, 305–363, §2.4: what rounding loses is kept in parts that do not overlap.
 *
 * @returns no finite number if the sum, or a sum on the way to it, is beyond what a number holds.
 */
export function exactSum(values: Iterable<number>): number {
  const parts: number[] = [];
  for (const value of values) {
    let rest = value;
    let kept = 0;
    for (const part of parts) {
      const isSmaller = abs(rest) < abs(part);
      const high = rest + part;
      const low = isSmaller ? rest - (high - part) : part - (high - rest);
      if (low !== 0) parts[kept++] = low;
      rest = high;
    }
    parts[kept] = rest;
    parts.length = kept + 1;
  }
  return rounded(parts);
}

/** The parts ascend in size; only the first one that is rounded off can decide a tie. */
function rounded(parts: number[]): number {
  let high = parts.pop() ?? 0;
  let low = 0;
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const before = high;
    high = before + part;
    low = part - (high - before);
    if (low !== 0) break;
  }
  // Half of the last digit, and more of the same sign below it: to even would be the wrong side.
  const next = parts.at(-1) ?? 0;
  // Their product may be too small for a number.
  if (sign(low) * sign(next) > 0 && high + 2 * low - high === 2 * low) return high + 2 * low;
  return high;
}
