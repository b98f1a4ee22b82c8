import type { Interval } from './interval';
import { refusal } from './refuse';

/**
 * The test of Q. McNemar (1947), "Note on the sampling error of the difference between correlated proportions
 * or percentages", Psychometrika 12, 153–157: whether of the samples that one model has right and the other
 * wrong, either model has more than chance would give it. Two-sided, and exact: from the binomial
 * distribution with probability ½, to which χ² is an approximation. It errs on the side of no difference (M.
 * W. Fagerland, S. Lydersen & P. Laake (2013), BMC Med. Res. Methodol. 13, 91).
 *
 * @param onlyA samples that the first alone has right.
 * @param onlyB samples that the second alone has right.
 * @returns the p-value; 1 if the models never differ.
 * @throws ModelProviderError `EVAL_INVALID` unless both are whole numbers of at least 0.
 * @example
 * mcnemar(9, 1); // 0.0214…
 */
export function mcnemar(onlyA: number, onlyB: number): number {
  if (![onlyA, onlyB].every((count) => Number.isSafeInteger(count) && count >= 0))
    throw refusal(`mcnemar(): ${onlyA} and ${onlyB} must be whole numbers of at least 0.`);
  const n = onlyA + onlyB;
  const fewer = Math.min(onlyA, onlyB);
  // By logarithms: 2^n and the binomial coefficients overflow from about 1,000 on.
  let logOfLast = -n * Math.LN2;
  for (let k = 0; k < fewer; k++) logOfLast += Math.log((n - k) / (k + 1));
  let relative = 1;
  let sum = 0;
  for (let k = fewer; k >= 0 && sum + relative !== sum; k--) {
    sum += relative;
    relative *= k / (n - k + 1);
  }
  return Math.min(1, 2 * sum * Math.exp(logOfLast));
}

/**
 * The 95 % interval of the difference of two paired proportions after D. G. Bonett & R. M. Price (2012),
 * "Adjusted Wald confidence interval for a difference of binomial proportions based on paired data", J. Educ.
 * Behav. Stat. 37, 479–488; M. W. Fagerland, S. Lydersen & P. Laake (2014), Stat. Med. 33, 2850–2875,
 * recommend it. It does not shrink to a point when the models never differ.
 *
 * @param n all samples.
 * @returns the interval of the first share minus the second, and the standard error in it.
 */
export function pairedShareInterval(
  onlyA: number,
  onlyB: number,
  n: number,
): { interval: Interval; standardError: number } {
  const [a, b] = [(onlyA + 1) / (n + 2), (onlyB + 1) / (n + 2)];
  const standardError = Math.sqrt((a + b - (a - b) ** 2) / (n + 2));
  const half = 1.959963984540054 * standardError;
  return {
    interval: { low: Math.max(-1, a - b - half), high: Math.min(1, a - b + half) },
    standardError,
  };
}
