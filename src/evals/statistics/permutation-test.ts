import { randomDraws } from './random-draws';
import { requireCount, requireValues } from './refuse';
import { isNoise } from './rounding';

/** How {@link permutationTest} draws where there are too many sign changes to try all. */
export interface PermutationOptions {
  /** A whole number; equal seeds give equal p-values. 0 by default. */
  readonly seed?: number;
  /** How many changes of sign are drawn; 10,000 by default. */
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
 * @throws ModelProviderError `EVAL_INVALID` for no differences, one that is not finite, or `draws` below 1.
 * @example
 * permutationTest([0.2, 0.1, 0.4, 0.3]); // 0.125: 2 of 16
 */
export function permutationTest(differences: readonly number[], options: PermutationOptions = {}): number {
  const { seed = 0, draws = 10_000 } = options;
  requireValues('permutationTest()', differences);
  requireCount('permutationTest()', 'draws', draws);
  const total = differences.reduce((sum, difference) => sum + Math.abs(difference), 0);
  const moving = differences.filter((difference) => !isNoise(difference, total));
  const least = Math.abs(moving.reduce((sum, difference) => sum + difference, 0));
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
      if (Math.abs(sum) >= least || isNoise(least - Math.abs(sum), total)) hits++;
    }
    return hits;
  }
}
