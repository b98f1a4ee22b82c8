import type { Interval } from './interval';
import { normalCdf, normalTwoSided } from './normal';
import { refusal } from './refuse';

/** The most samples whose probabilities are added up one by one. */
const mostCounted = 1_000_000;

/**
 * The test of Q. McNemar (1947), "Note on the sampling error of the difference between correlated proportions
 * or percentages", Psychometrika 12, 153–157: whether of the samples that one model has right and the other
 * wrong, either model has more than chance would give it. Two-sided, and exact: from the binomial
 * distribution with probability ½, to which χ² is an approximation. It errs on the side of no difference (M.
 * W. Fagerland, S. Lydersen & P. Laake (2013), BMC Med. Res. Methodol. 13, 91). For more than a million
 * samples that differ the binomial tail is a saddlepoint approximation, to eight digits or more.
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
  if (n > mostCounted) return Math.min(1, 2 * lowerTail(fewer, n));
  // 2^n and the binomial coefficients overflow from about 1,000 on, and their logarithms lose digits.
  let [last, doublings] = [1, -n];
  for (let k = 0; k < fewer; k++) {
    last *= (n - k) / (k + 1);
    if (last < 2 ** 500) continue;
    last *= 2 ** -500;
    doublings += 500;
  }
  let relative = 1;
  let sum = 0;
  for (let k = fewer; k >= 0 && sum + relative !== sum; k--) {
    sum += relative;
    relative *= k / (n - k + 1);
  }
  const half = 2 ** (doublings / 2);
  return Math.min(1, 2 * sum * last * half * half);
}

/**
 * P(X ≤ k) of the binomial distribution with probability ½, for k below n/2: R. Lugannani & S. O. Rice
 * (1980), Adv. Appl. Probab. 12, 475–490, with the second continuity correction of H. E. Daniels (1987), Int.
 * Stat. Rev. 55, 37–48.
 */
function lowerTail(k: number, n: number): number {
  // How far k + ½ is from the middle, as a share: 0 to 1.
  const away = (n - k - k - 1) / n;
  if (away <= 0) return 0.5;
  const root = Math.sqrt(n * divergence(away));
  const saddle = Math.sinh(Math.atanh(away)) * Math.sqrt(n * (1 - away ** 2));
  const tail = root < 3 ? normalCdf(-root) : normalTwoSided(root) / 2;
  const density = Math.exp((-root * root) / 2) / Math.sqrt(2 * Math.PI);
  return tail + density * (1 / saddle - 1 / root);
}

/** (1+x)·ln(1+x) + (1−x)·ln(1−x), which for small x is a difference of near numbers. */
function divergence(x: number): number {
  if (x < 1e-3) return x ** 2 * (1 + x ** 2 / 6 + x ** 4 / 15);
  return (1 + x) * Math.log1p(x) + (1 - x) * Math.log1p(-x);
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
