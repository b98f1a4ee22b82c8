// See exact-sum.ts.
const { abs, max, min } = Math;

/**
 * How far two numbers may be apart, as a share of them, and still count as equal. Rounding errors of a sum of
 * n numbers are n·2⁻⁵³ of it at the very most (N. J. Higham (2002), "Accuracy and Stability of Numerical
 * Algorithms", §4.2), and about √n·2⁻⁵³ as a rule: this leaves room for 9,000 additions at worst, and for
 * millions as a rule. No score is known to twelve digits.
 */
const noise = 1e-12;

/** Whether two numbers are equal but for rounding: 0.1 + 0.2 and 0.3. Nothing but 0 is nearly 0. */
export function isNearly(a: number, b: number): boolean {
  return a === b || abs(a - b) <= noise * min(abs(a), abs(b));
}

/** Whether a value reaches a bar, but for rounding. */
export function isAtLeast(value: number, bar: number): boolean {
  return value >= bar || isNearly(value, bar);
}

/**
 * Whether a mean, or a share, of `n` values reaches a bar. Where it is a number of right ones divided by `n`,
 * that is exact, since division rounds correctly: 93 of 100 reach 0.93, and 2 of 3 do not reach
 * 0.666666666667.
 */
export function reaches(mean: number, n: number, bar: number): boolean {
  const isCount = Math.round(mean * n) / n === mean;
  return isCount ? isShareAtLeast(mean, bar) : isAtLeast(mean, bar);
}

/**
 * Whether a share of counts, or a bar for one, is at least the other. A bar may be computed, 1 − 0.9 for 0.1,
 * and is then off by no more than an ulp of the numbers in it; no two shares are as near to each other.
 */
export function isShareAtLeast(a: number, b: number): boolean {
  return a >= b || (a !== 0 && b - a <= Number.EPSILON * max(1, abs(b)));
}

/** `a` minus `b`; 0 if they are equal but for rounding. */
export function differenceOf(a: number, b: number): number {
  return isNearly(a, b) ? 0 : a - b;
}

/** Whether a number is no more than what rounding leaves of numbers of this size. */
export function isNoise(value: number, size: number): boolean {
  return abs(value) <= noise * abs(size);
}
