import type { Interval } from './interval';
import { deviations, largestOf, mean } from './moments';
import { normalCdf, normalQuantile } from './normal';
import { randomDraws } from './random-draws';
import { requireDraws, requireOptions, requireValues } from './refuse';
import { standardError } from './standard-error';
import { hasSpread } from './t-interval';

/** How {@link bootstrapInterval} draws. */
export interface BootstrapOptions {
  /** A whole number; equal seeds give equal intervals. 0 by default. */
  readonly seed?: number;
  /** How many data sets are drawn; 10,000 by default, 1,000,000 at most. */
  readonly draws?: number;
}

const z95 = 1.959963984540054;

/**
 * The 95 % interval of the mean by the bootstrap: the spread of the means of data sets drawn from this one
 * with replacement.
 *
 * Bias-corrected and accelerated (BCa) after B. Efron (1987), "Better bootstrap confidence intervals", J. Am.
 * Stat. Assoc. 82, 171–185. Plain percentiles would ignore skewness, the reason to prefer the bootstrap to
 * {@link tInterval}, and are narrower than its interval for few samples. The interval never leaves the range
 * of the values.
 *
 * @param values one for each sample, trials already reduced.
 * @returns −Infinity to Infinity for a single value, and for values that are all equal, but for rounding:
 *   they say nothing about the spread.
 * @throws ModelProviderError `EVAL_INVALID` for no values, one that is not finite, an unknown option, a
 *   `seed` that is no whole number, or `draws` below 1 or above 1,000,000.
 * @example
 * bootstrapInterval([0.7, 0.9, 0.8, 0.6]); // { low: 0.649…, high: 0.850… }
 */
export function bootstrapInterval(values: readonly number[], options: BootstrapOptions = {}): Interval {
  requireValues('bootstrapInterval()', values);
  requireOptions('bootstrapInterval()', options, ['seed', 'draws']);
  requireDraws('bootstrapInterval()', options);
  const { seed = 0, draws = 10_000 } = options;
  if (!hasSpread(values, standardError(values))) return { low: -Infinity, high: Infinity };
  const centre = mean(values);
  // Sorted, so that the draws are the same in every order; in units of the largest, so that cubes do not
  // underflow.
  const distances = deviations(values).sort((a, b) => a - b);
  const size = largestOf(distances);
  const scaled = distances.map((distance) => distance / size);

  const means = drawnMeans(scaled, seed, draws);
  const below = means.filter((drawn) => drawn < 0).length + means.filter((drawn) => drawn === 0).length / 2;
  const bias = normalQuantile(Math.min(Math.max(below, 0.5), draws - 0.5) / draws);
  const acceleration = accelerationOf(scaled);
  const bound = (z: number): number => {
    const stretch = 1 - acceleration * (bias + z);
    const level = stretch > 0 ? normalCdf(bias + (bias + z) / stretch) : 1;
    return centre + (means[Math.min(draws - 1, Math.floor(level * draws))] ?? 0) * size;
  };
  return { low: bound(-z95), high: bound(z95) };
}

function drawnMeans(distances: readonly number[], seed: number, draws: number): Float64Array {
  const n = distances.length;
  const draw = randomDraws(seed);
  const means = new Float64Array(draws);
  for (let index = 0; index < draws; index++) {
    let sum = 0;
    for (let drawn = 0; drawn < n; drawn++) sum += distances[draw(n)] ?? 0;
    means[index] = sum / n;
  }
  return means.sort();
}

/** Efron's acceleration by the jackknife: for the mean it comes down to the skewness of the values. */
function accelerationOf(distances: readonly number[]): number {
  const cubes = distances.reduce((sum, distance) => sum + distance ** 3, 0);
  const squares = distances.reduce((sum, distance) => sum + distance ** 2, 0);
  return cubes / (6 * squares ** 1.5);
}
