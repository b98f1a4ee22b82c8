import { requireValues } from './refuse';

/**
 * The arithmetic mean. True counts as 1 and false as 0, so that the mean of right and wrong is the share that is right.
 *
 * @throws ModelProviderError `EVAL_INVALID` for no values, or one that is not finite.
 */
export function mean(values: readonly (number | boolean)[]): number {
  const numbers = values.map(Number);
  requireValues('mean()', numbers);
  const [first = 0] = numbers;
  // Around the first value, so that the mean of equal values is that value, to the last bit.
  return first + numbers.reduce((sum, value) => sum + (value - first), 0) / numbers.length;
}

/** The sum of the squared distances from the mean. */
export function squares(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
}
