import { compare, requireCompareOptions, type CompareOptions, type Comparison } from './compare';
import { holm } from './holm';
import type { SampleScore } from './sample-score';

/** A comparison out of several. */
export interface AdjustedComparison extends Comparison {
  /** The model whose mean comes first in the difference. */
  readonly a: string;
  readonly b: string;
  /** `p`, adjusted by {@link holm} for the number of comparisons. */
  readonly adjustedP: number;
}

/**
 * Compares every model with every later one, and adjusts the p-values for the number of comparisons.
 *
 * @param models the samples of each model by its name. Two models without a common sample are not compared.
 * @throws ModelProviderError `EVAL_INVALID` as {@link compare} does.
 * @example
 * compareAll({ expert, novice }).filter(({ adjustedP }) => adjustedP < 0.05);
 */
export function compareAll(
  models: Readonly<Record<string, readonly SampleScore[]>>,
  options: CompareOptions = {},
): AdjustedComparison[] {
  requireCompareOptions('compareAll()', options);
  const entries = Object.entries(models);
  const comparisons = entries.flatMap(([a, ofA], index) => {
    const ids = new Set(ofA.map(({ id }) => id));
    return entries
      .slice(index + 1)
      .filter(([, ofB]) => ofB.some(({ id }) => ids.has(id)))
      .map(([b, ofB]) => ({ a, b, ...compare(ofA, ofB, options) }));
  });
  const adjusted = holm(comparisons.map(({ p }) => p));
  return comparisons.map((comparison, index) => ({ ...comparison, adjustedP: adjusted[index] ?? 1 }));
}
