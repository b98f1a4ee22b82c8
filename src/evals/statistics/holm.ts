import { showValue } from '../../base/json';
import { refusal } from './refuse';

/**
 * Adjusts p-values for several comparisons: if those adjusted to at most 0.05 are called significant, the
 * chance of any false positive among them is at most 5 %.
 *
 * S. Holm (1979), "A simple sequentially rejective multiple test procedure", Scand. J. Stat. 6, 65–70.
 *
 * @returns the adjusted p-values, in the order given.
 * @throws ModelProviderError `EVAL_INVALID` for a number that is not from 0 to 1.
 * @example
 * holm([0.01, 0.04, 0.03]); // [0.03, 0.06, 0.06]
 */
export function holm(pValues: readonly number[]): number[] {
  const wrong = pValues.findIndex((p) => !(Number.isFinite(p) && p >= 0 && p <= 1));
  if (wrong >= 0) throw refusal(`holm(): ${showValue(pValues[wrong])} is not a p-value.`);
  const adjusted = [...pValues];
  const ascending = pValues.map((p, index) => ({ p, index })).sort((one, other) => one.p - other.p);
  let least = 0;
  ascending.forEach(({ p, index }, rank) => {
    least = Math.max(least, Math.min(1, p * (pValues.length - rank)));
    adjusted[index] = least;
  });
  return adjusted;
}
