/**
 * How far two numbers may be apart, as a share of them, and still count as equal. Rounding errors of a sum of
 * n numbers are n·2⁻⁵³ of it at the very most (N. J. Higham (2002), "Accuracy and Stability of Numerical
 * Algorithms", §4.2), and about √n·2⁻⁵³ as a rule: this leaves room for 9,000 additions at worst, and for
 * millions as a rule. No score is known to twelve digits.
 */
const noise = 1e-12;

/** Whether two numbers are equal but for rounding: 0.1 + 0.2 and 0.3. Nothing but 0 is nearly 0. */
export function isNearly(a: number, b: number): boolean {
  return a === b || Math.abs(a - b) <= noise * Math.min(Math.abs(a), Math.abs(b));
}

/** Whether a value reaches a bar, but for rounding. */
export function isAtLeast(value: number, bar: number): boolean {
  return value >= bar || isNearly(value, bar);
}

/** `a` minus `b`; 0 if they are equal but for rounding. */
export function differenceOf(a: number, b: number): number {
  return isNearly(a, b) ? 0 : a - b;
}

/** Whether a number is no more than what rounding leaves of numbers of this size. */
export function isNoise(value: number, size: number): boolean {
  return Math.abs(value) <= noise * Math.abs(size);
}
