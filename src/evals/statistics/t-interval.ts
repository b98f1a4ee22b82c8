import type { Interval } from './interval';
import { largestOf, mean } from './moments';
import { refusal } from './refuse';
import { isNoise } from './rounding';
import { standardError, type StandardError } from './standard-error';
import { tQuantile } from './student-t';

/**
 * The 95 % interval of the mean of real values: mean ± t·SE, with the 97.5 % point of Student's t
 * distribution ("Student" (1908), "The probable error of a mean", Biometrika 6, 1–25). Degrees of freedom are
 * samples − 1, or those of {@link standardError}.
 *
 * It does not know that scores may be bounded, and is far too narrow where nearly all values are equal. For
 * right and wrong take {@link wilsonInterval}, for scores with bounds `estimate()`.
 *
 * @param values one for each sample, trials already reduced.
 * @param clusters the cluster of each value, in the same order, if samples belong together: see
 *   {@link standardError}.
 * @returns −Infinity to Infinity for a single sample or cluster and for values that are all equal, but for
 *   rounding: they say nothing about the spread.
 * @throws ModelProviderError `EVAL_INVALID` for no values, one that is not finite, an end that no number
 *   holds, or another number of clusters than of values.
 * @example
 * tInterval([0.7, 0.9, 0.8, 0.6]); // { low: 0.544…, high: 0.955… }
 */
export function tInterval(values: readonly number[], clusters?: readonly string[]): Interval {
  const error = standardError(values, clusters);
  return hasSpread(values, error) ? tIntervalAround(mean(values), error) : { low: -Infinity, high: Infinity };
}

/** Whether anything is known of the spread of values with this error. */
export function hasSpread(values: readonly number[], { standardError, df }: StandardError): boolean {
  return df >= 1 && !isNoise(standardError, largestOf(values));
}

/** The 95 % interval of an estimate with a known standard error. */
export function tIntervalAround(centre: number, { standardError, df }: StandardError): Interval {
  const half = tQuantile(0.975, df) * standardError;
  const interval = { low: centre - half, high: centre + half };
  if (Object.values(interval).every(Number.isFinite)) return interval;
  throw refusal(`The interval around ${centre} has an end that no number holds; scale the score.`);
}
