import { isFinite } from '../../base/hot-globals';
import { exactSum } from './exact-sum';
import { refusal, requireValues } from './refuse';

// See exact-sum.ts.
const { abs, max } = Math;

// Sums of fewer than 2^100 numbers below this do not overflow.
const largest = 2 ** 900;
const shrink = 2 ** -200;

/**
 * The arithmetic mean, the same in every order of the values. True counts as 1 and false as 0, so that the
 * mean of right and wrong is the number of right ones divided by that of all.
 *
 * @throws ModelProviderError `EVAL_INVALID` for no values, or one that is not finite.
 * @example
 * mean([true, false, true, true]); // 0.75
 */
export function mean(values: readonly (number | boolean)[]): number {
  requireValues('mean()', values);
  return meanOf(values.map(Number));
}

/** The distances from the mean: exact to the last digits also where the values are large and near each other. */
export function deviations(values: readonly number[]): number[] {
  const centre = meanOf(values);
  const distances = values.map((value) => value - centre);
  if (!distances.every(isFinite))
    throw refusal('The values are too far apart for a number to hold their distance; scale the score.');
  // The mean is rounded too, and by as much as that all distances are off.
  const rest = meanOf(distances);
  return distances.map((distance) => distance - rest);
}

/** √Σx², without overflow or underflow on the way. */
export function norm(values: readonly number[]): number {
  const size = largestOf(values);
  return size === 0 ? 0 : size * Math.sqrt(exactSum(values.map((value) => (value / size) ** 2)));
}

/** The largest magnitude; 0 of no values. */
export function largestOf(values: readonly number[]): number {
  return values.reduce((most, value) => max(most, abs(value)), 0);
}

function meanOf(values: readonly number[]): number {
  const [first = NaN] = values;
  // The mean of equal values is that value, to the last bit; −0 is 0.
  if (values.every((value) => value === first)) return first + 0;
  if (largestOf(values) < largest) return exactSum(values) / values.length;
  return exactSum(values.map((value) => value * shrink)) / values.length / shrink;
}
