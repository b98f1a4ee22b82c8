import { requireValues } from './refuse';

/**
 * The arithmetic mean. True counts as 1 and false as 0, so that the mean of right and wrong is the share that
 * is right.
 *
 * @throws ModelProviderError `EVAL_INVALID` for no values, or one that is not finite.
 * @example
 * mean([true, false, true, true]); // 0.75
 */
export function mean(values: readonly (number | boolean)[]): number {
  requireValues('mean()', values);
  const first = Number(values[0]);
  // Around the first value, so that the mean of equal values is that value, to the last bit.
  return first + values.reduce<number>((sum, value) => sum + (+value - first), 0) / values.length;
}

/** The sum of the squared distances from the mean. */
export function squares(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
}
