import { randomDraws } from './random-draws';
import { exactSum } from './exact-sum';
import { largestOf } from './moments';
import { requireDraws, requireOptions, requireValues } from './refuse';
import { isNoise } from './rounding';

// See exact-sum.ts.
const { abs } = Math;

/** How {@link permutationTest} draws where there are too many sign changes to try all. */
export interface PermutationOptions {
  /** A whole number; equal seeds give equal p-values. 0 by default. */
  readonly seed?: number;
  /** How many changes of sign are drawn; 10,000 by default, 1,000,000 at most. */
  readonly draws?: number;
}

/** Up to this many differences all changes of sign are tried: 65,536 of them. */
const mostForExact = 16;

/**
 * The paired permutation test: how often the sum of the differences would be as far from 0, or farther, if
 * each of them had its sign by chance. Two-sided. It asks nothing of the distribution of the values.
 *
 * R. A. Fisher (1935), "The Design of Experiments", §21. Exact for up to 16 differences that are not 0;
 * beyond, from seeded draws, where p = (hits + 1)/(draws + 1) after B. Phipson & G. K. Smyth (2010),
 * "Permutation p-values should never be zero", Stat. Appl. Genet. Mol. Biol. 9, 39.
 *
 * @param differences one for each independent unit: a sample, or a cluster with its sum.
 * @returns the p-value.
 * @throws ModelProviderError `EVAL_INVALID` for no differences, one that is not finite, an unknown option, a
 *   `seed` that is no whole number, or `draws` below 1 or above 1,000,000.
 * @example
 * permutationTest([0.2, 0.1, 0.4, 0.3]); // 0.125: 2 of 16
 */
export function permutationTest(differences: readonly number[], options: PermutationOptions = {}): number {
  requireValues('permutationTest()', differences);
  requireOptions('permutationTest()', options, ['seed', 'draws']);
  requireDraws('permutationTest()', options);
  const { seed = 0, draws = 10_000 } = options;
  // In units of the largest, so that sums stay within what a number holds; and sorted, so that the draws are
  // the same in every order.
  const size = largestOf(differences);
  const scaled = [...differences]
    .sort((a, b) => a - b)
    .map((difference) => (size > 0 ? difference / size : 0));
  const total = exactSum(scaled.map(abs));
  const moving = scaled.filter((difference) => !isNoise(difference, total));
  const least = abs(exactSum(moving));
  if (moving.length <= mostForExact) {
    const changes = 2 ** moving.length;
    return hitsOf(changes, (change, index) => (change >> index) % 2 === 1) / changes;
  }
  const draw = randomDraws(seed);
  return (hitsOf(draws, () => draw(2) === 1) + 1) / (draws + 1);

  function hitsOf(changes: number, isNegative: (change: number, index: number) => boolean): number {
    let hits = 0;
    for (let change = 0; change < changes; change++) {
      let sum = 0;
      moving.forEach((difference, index) => (sum += isNegative(change, index) ? -difference : difference));
      // The same numbers in another order have another rounding; a tie must stay a tie.
      if (abs(sum) >= least || isNoise(least - abs(sum), total)) hits++;
    }
    return hits;
  }
}
