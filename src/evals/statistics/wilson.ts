import type { Interval } from './interval';
import { refusal } from './refuse';

/** The two-sided 95 % point of the normal distribution. */
const z95 = 1.959963984540054;

/**
 * The 95 % interval of a proportion after E. B. Wilson (1927), "Probable inference, the law of succession,
 * and statistical inference", J. Am. Stat. Assoc. 22, 209–212. Unlike the normal approximation it stays
 * within 0 and 1, holds for few samples, and does not shrink to a point when all answers are right.
 *
 * @param successes number of successes, 0 to `n`; need not be whole.
 * @param n number of independent samples, above 0; need not be whole, so that an effective number can be
 *   given.
 * @throws ModelProviderError `EVAL_INVALID` for anything else.
 * @example
 * wilsonInterval(8, 10); // { low: 0.490…, high: 0.943… }
 */
export function wilsonInterval(successes: number, n: number): Interval {
  if (!(n > 0 && [n, successes].every(Number.isFinite) && successes >= 0 && successes <= n))
    throw refusal(`wilsonInterval(): ${successes} successes of ${n} samples is no proportion.`);
  const failures = n - successes;
  const share = successes / n;
  const half = z95 * Math.sqrt(share * failures + z95 ** 2 / 4) + z95 ** 2 / 2;
  // The two ends are the roots of a quadratic equation: so written, neither is a difference of near numbers.
  return {
    low: share * (successes / (successes + half)),
    high:
      share < 0.5
        ? Math.min(1, (successes + half) / (n + z95 ** 2))
        : 1 - (failures / n) * (failures / (failures + half)),
  };
}
