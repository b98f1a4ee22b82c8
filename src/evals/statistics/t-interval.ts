import type { Interval } from './interval';
import { mean } from './moments';
import { standardError, type StandardError } from './standard-error';
import { tQuantile } from './student-t';

/**
 * The 95 % interval of the mean of real values: mean ± t·SE, with the 97.5 % point of Student's t
 * distribution ("Student" (1908), "The probable error of a mean", Biometrika 6, 1–25). Degrees of freedom are
 * samples − 1, or clusters − 1.
 *
 * It does not know that scores may be bounded, and is a point when all values are equal. For right and wrong
 * take {@link wilsonInterval}.
 *
 * @param values one for each sample, trials already reduced.
 * @param clusters the cluster of each value, in the same order, if samples belong together: see
 *   {@link standardError}.
 * @returns −Infinity to Infinity for a single sample or cluster, which says nothing about the spread.
 * @throws ModelProviderError `EVAL_INVALID` for no values, one that is not finite, or another number of
 *   clusters than of values.
 * @example
 * tInterval([0.7, 0.9, 0.8, 0.6]); // { low: 0.544…, high: 0.955… }
 */
export function tInterval(values: readonly number[], clusters?: readonly string[]): Interval {
  return tIntervalAround(mean(values), standardError(values, clusters));
}

/** The 95 % interval of an estimate with a known standard error. */
export function tIntervalAround(centre: number, { standardError, df }: StandardError): Interval {
  if (df < 1) return { low: -Infinity, high: Infinity };
  const half = tQuantile(0.975, df) * standardError;
  return { low: centre - half, high: centre + half };
}
