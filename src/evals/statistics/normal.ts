import { symmetricQuantile } from './symmetric-quantile';

/**
 * The distribution function Φ of the standard normal distribution, to about 1e-15 in absolute terms.
 *
 * The series of G. Marsaglia (2004), "Evaluating the normal distribution", Journal of Statistical Software
 * 11(4), for |x| below 8; beyond, the rest is below 1e-15.
 */
export function normalCdf(x: number): number {
  if (x < -8) return 0;
  if (x > 8) return 1;
  let term = x;
  let sum = x;
  for (let odd = 3; sum + term !== sum; odd += 2) {
    term *= (x * x) / odd;
    sum += term;
  }
  return 0.5 + sum * normalDensity(x);
}

/**
 * The inverse of {@link normalCdf}: the value that a standard normal variable stays below with probability
 * `p`.
 */
export function normalQuantile(p: number): number {
  return symmetricQuantile(p, (x) => 1 - normalCdf(x), normalDensity);
}

function normalDensity(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}
