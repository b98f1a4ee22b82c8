import type { Interval } from './interval';
import { mean } from './moments';
import type { StandardError } from './standard-error';
import { tQuantile } from './student-t';
import { wilsonInterval } from './wilson';

/**
 * The 95 % interval of a share whose samples are clustered, or are shares of several trials themselves:
 * Wilson's, for the effective number of samples, which is the number of independent ones that would have the
 * standard error found.
 *
 * C. Franco, R. J. A. Little, T. A. Louis & E. V. Slud (2019), "Comparative study of confidence intervals for
 * proportions in complex sample surveys", J. Surv. Stat. Methodol. 7, 334–364. The factor for few degrees of
 * freedom is that of E. L. Korn & B. I. Graubard (1998), "Confidence intervals for proportions with small
 * expected number of positive counts estimated from survey data", Surv. Methodol. 24, 193–201. For single
 * trials of unclustered samples it is Wilson's interval itself.
 *
 * @param values one for each sample, from 0 to 1.
 * @param error the standard error of their mean.
 * @param trials all trials of all samples: the effective number cannot be more.
 */
export function shareInterval(values: readonly number[], error: StandardError, trials: number): Interval {
  const p = mean(values);
  const effective = effectiveSamples(p, values.length, error, trials);
  return wilsonInterval(p * effective, effective);
}

function effectiveSamples(
  p: number,
  n: number,
  { standardError, df }: StandardError,
  trials: number,
): number {
  const independent = (p * (1 - p)) / (n - 1);
  // Without a spread only the number of independent units is known.
  if (df < 1 || independent === 0) return df + 1;
  const design = standardError ** 2 / independent;
  const freedom = df === n - 1 ? 1 : (tQuantile(0.975, n - 1) / tQuantile(0.975, df)) ** 2;
  return Math.min(trials, (n / design) * freedom);
}
