import { refusal } from './refuse';
import type { StandardError } from './standard-error';
import { tQuantile } from './student-t';

/**
 * The smallest true difference that a paired comparison of this precision finds significant (two-sided, 5 %)
 * in 80 % of evaluations: (t₀.₉₇₅ + t₀.₈)·SE. "Not significant" says nothing about differences below it.
 *
 * E. Miller (2024), "Adding error bars to evals", arXiv 2411.00640, with quantiles of the t in place of the
 * normal distribution; from 5 pairs on within 2 % of the exact power of the paired t test.
 *
 * To plan, give the standard deviation of the differences over √n, and n − 1.
 *
 * @returns in the units of the values.
 * @throws ModelProviderError `EVAL_INVALID` for an error that is negative or no finite number, and for fewer
 *   than 1 degree of freedom: a single pair says nothing of the spread.
 * @example
 * detectableDifference({ standardError: 0.4 / Math.sqrt(100), df: 99 }); // 0.113…
 */
export function detectableDifference({ standardError, df }: StandardError): number {
  if (!(standardError >= 0 && Number.isFinite(standardError)))
    throw refusal(
      `detectableDifference(): standardError is ${standardError}; it must be a number of at least 0.`,
    );
  if (!(typeof df === 'number' && df >= 1))
    throw refusal(`detectableDifference(): df is ${df}; it must be at least 1, two pairs.`);
  const difference = (tQuantile(0.975, df) + tQuantile(0.8, df)) * standardError;
  if (Number.isFinite(difference)) return difference;
  throw refusal(`detectableDifference(): no number holds that of ${standardError}; scale the score.`);
}
