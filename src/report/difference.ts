import { compareAll, type AdjustedComparison } from '../evals/statistics/compare-all';
import { holm } from '../evals/statistics/holm';
import type { SampleScore } from '../evals/statistics/sample-score';
import type { ReadEvaluation } from './read-evaluation';

/** The difference of two models, or of two runs, in one score of one evaluation. */
export type Difference = AdjustedComparison & {
  readonly file: string;
  readonly title: string;
  readonly score: string;
  /** Whether every value of the score was a boolean. */
  readonly isBinary: boolean;
};

/**
 * Compares the same evaluation of several models or runs, each with each, on their common samples.
 *
 * @param nameOf what tells them apart.
 */
export function differencesOf(
  title: string,
  evaluations: readonly ReadEvaluation[],
  nameOf: (evaluation: ReadEvaluation) => string,
): Difference[] {
  const [first] = evaluations;
  // Logs are read for what can be compared alone.
  if (first === undefined || evaluations.length < 2) return [];
  const { file, summary } = first.outcome;
  const found = evaluations.map((evaluation) => ({ name: nameOf(evaluation), scores: evaluation.scores() }));
  const names = new Set(found.flatMap(({ scores }) => [...scores.keys()]));
  return [...names].flatMap((score) => {
    const isBinary = summary.scores.find(({ name }) => name === score)?.isBinary ?? false;
    const samples = found.flatMap(({ name, scores }): [string, readonly SampleScore[]][] => {
      const values = scores.get(score) ?? [];
      return values.length === 0 ? [] : [[name, values]];
    });
    return compareAll(Object.fromEntries(samples)).map((comparison) => ({
      ...comparison,
      file,
      title,
      score,
      isBinary,
    }));
  });
}

/** Adjusts the p-values for the number of all differences that are shown together. */
export function adjustTogether(differences: readonly Difference[]): Difference[] {
  const adjusted = holm(differences.map(({ p }) => p));
  return differences.map((difference, index) => ({ ...difference, adjustedP: adjusted[index] ?? 1 }));
}
