import { symmetricQuantile } from './symmetric-quantile';

/**
 * The distribution function Φ of the standard normal distribution, to about 1e-15 in absolute terms.
 *
 * The series of G. Marsaglia (2004), "Evaluating the normal distribution", Journal of Statistical Software
 * 11(4), for |x| below 8; beyond, the rest is below 1e-15.
 */
export function normalCdf(x: number): number {
  if (!(x > -8)) return Number.isNaN(x) ? NaN : 0;
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
 * The probability that a standard normal variable is farther from 0 than `x`, on either side, in relative
 * terms also where it is tiny.
 */
export function normalTwoSided(x: number): number {
  const size = Math.abs(x);
  if (size < 3) return 2 * (1 - normalCdf(size));
  // Laplace's continued fraction of Mills's ratio (Abramowitz & Stegun 26.2.14), from its end.
  let fraction = size;
  for (let k = 100; k >= 1; k--) fraction = size + k / fraction;
  return (2 * normalDensity(size)) / fraction;
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
