import { normalQuantile, normalTwoSided } from './normal';
import { symmetricQuantile } from './symmetric-quantile';

// Own code, not jstat: its 1.9.6 has the quantile to 8 digits at 20 degrees of freedom and to 3 at 1e8, and
// binomial tails only down to 1e-11; a p-value needs its tail. The packages of @stdlib are exact, and 220
// packages.

/** From here on the expansions in 1/ν of both functions are exact to the last digits. */
const many = 1e6;

/**
 * The probability that a variable with Student's t distribution is farther from 0 than `t`, on either side:
 * the two-sided p-value. P(|T| > t) = I_x(ν/2, ½) with x = ν/(ν+t²), the regularised incomplete beta function
 * (Abramowitz & Stegun 26.7.1).
 *
 * @param df degrees of freedom, above 0; Infinity is the normal distribution.
 */
export function tTwoSided(t: number, df: number): number {
  if (df > many) return normalTwoSided(asNormal(t, df));
  const ratio = Math.abs(t) / Math.sqrt(df);
  const square = ratio * ratio;
  if (square === 0) return 1;
  // Beyond it x is below 1e-300, and the series has its first term alone.
  if (ratio > 1e150) return Math.exp(-df * Math.log(ratio)) / ((df / 2) * betaOf(df / 2));
  return regularisedBeta(1 / (1 + square), square / (1 + square), df / 2);
}

/** The normal variable with nearly the same tail: D. L. Wallace (1959), Ann. Math. Stat. 30, 1121–1130, §3. */
function asNormal(t: number, df: number): number {
  return df === Infinity ? t : Math.sqrt(df * Math.log1p((t / df) * t)) * (1 - 1 / (4 * df));
}

/**
 * The value that a variable with Student's t distribution of `df` degrees of freedom stays below with
 * probability `p`.
 */
export function tQuantile(p: number, df: number): number {
  if (df > many) {
    // Abramowitz & Stegun 26.7.5.
    const z = normalQuantile(p);
    return z + (z ** 3 + z) / (4 * df) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * df) / df;
  }
  const scale = gammaRatio(df / 2) / Math.sqrt(df * Math.PI);
  return symmetricQuantile(
    p,
    (t) => tTwoSided(t, df) / 2,
    (t) => scale * Math.exp((-(df + 1) / 2) * Math.log1p((t * t) / df)),
  );
}

/** I_x(a, ½), with y = 1 − x given apart because it would lose its digits; both are above 0. */
function regularisedBeta(x: number, y: number, a: number): number {
  const b = 0.5;
  // x is near 1 for many degrees of freedom: then ln x comes from y.
  const logX = y < 0.5 ? Math.log1p(-y) : Math.log(x);
  const front = Math.exp(a * logX + b * Math.log(y)) / betaOf(a);
  // The fraction converges fast on one side only; I_x(a, b) = 1 − I_y(b, a) (DLMF 8.17.4) leads to it.
  return x < (a + 1) / (a + b + 2)
    ? (front / a) * betaFraction(x, a, b)
    : 1 - (front / b) * betaFraction(y, b, a);
}

/** B(a, ½). */
function betaOf(a: number): number {
  return Math.sqrt(Math.PI) / gammaRatio(a);
}

/**
 * The continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's method (Press et al.,
 * "Numerical Recipes", §5.2).
 */
function betaFraction(x: number, a: number, b: number): number {
  let d = 1 / (1 - ((a + b) * x) / (a + 1));
  let c = 1;
  let fraction = d;
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d);
    c = 1 + even / c;
    fraction *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d);
    c = 1 + odd / c;
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  return fraction;
}

/**
 * Γ(a + ½) / Γ(a), by its asymptotic series (DLMF 5.11.13), to which small `a` are raised by Γ(a + 1) =
 * a·Γ(a).
 */
function gammaRatio(a: number): number {
  let factor = 1;
  // From 200 on the first term left out is below 1e-12.
  for (; a < 200; a++) factor *= a / (a + 0.5);
  return factor * Math.sqrt(a) * (1 - 1 / (8 * a) + 1 / (128 * a ** 2) + 5 / (1024 * a ** 3));
}
