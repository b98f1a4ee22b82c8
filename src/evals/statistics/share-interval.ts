import type { Interval } from './interval';
import { mean } from './moments';
import type { StandardError } from './standard-error';
import { tQuantile } from './student-t';
import { wilsonInterval } from './wilson';

/** No score is known to twelve digits, and so many samples would give them. */
const mostSamples = 1e24;

/**
 * The 95 % interval of a mean of clustered values from 0 to 1: Wilson's, for the effective number of samples,
 * which is the number of independent right and wrong ones that would have the standard error found.
 *
 * C. Franco, R. J. A. Little, T. A. Louis & E. V. Slud (2019), "Comparative study of confidence intervals for
 * proportions in complex sample surveys", J. Surv. Stat. Methodol. 7, 334–364. The factor for few degrees of
 * freedom is that of E. L. Korn & B. I. Graubard (1998), "Confidence intervals for proportions with small
 * expected number of positive counts estimated from survey data", Surv. Methodol. 24, 193–201.
 *
 * @param values one for each sample, not all equal.
 * @param error the standard error of their mean, above 0.
 * @param trials all trials of all samples, if they are right and wrong: the effective number cannot be more.
 */
export function shareInterval(
  values: readonly number[],
  { standardError, df }: StandardError,
  trials = mostSamples,
): Interval {
  const n = values.length;
  const p = mean(values);
  const design = (standardError ** 2 * (n - 1)) / (p * (1 - p));
  const freedom = (tQuantile(0.975, n - 1) / tQuantile(0.975, df)) ** 2;
  const effective = Math.min(trials, (n / design) * freedom);
  return wilsonInterval(p * effective, effective);
}
