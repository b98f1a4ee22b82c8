import { isModelProviderError } from '../base/errors';
import { exactly } from '../base/exactly';
import { compare, type Comparison } from '../evals/statistics/compare';
import { compareAll, type AdjustedComparison } from '../evals/statistics/compare-all';
import { mean } from '../evals/statistics/moments';
import { holm } from '../evals/statistics/holm';
import { isReplayed } from '../evals/log/replayed-calls';
import type { SampleScore } from '../evals/statistics/sample-score';
import { mixture, whyNotMixed } from './mixed-answers';
import type { ReadEvaluation } from './read-evaluation';

/** The difference of two models, or of two runs, in one score of one evaluation. */
export type Difference = AdjustedComparison & {
  readonly file: string;
  readonly title: string;
  readonly score: string;
  /** Whether the values are right and wrong. */
  readonly isBinary: boolean;
  /** What the one costs more than the other; absent if that of a common sample is known of neither or has no price. */
  readonly cost?: CostDifference;
  /** Which of the two has recorded answers, if the other has none. */
  readonly onlyReplayed?: 'a' | 'b';
};

/** The difference of what the models' own calls cost for a sample. */
export interface CostDifference extends Pick<Comparison, 'n' | 'difference' | 'standardError' | 'interval'> {
  /** The means over the common samples. */
  readonly of: { readonly a: number; readonly b: number };
}

/** The differences of one evaluation, and in words what could not be compared. */
export interface Differences {
  readonly differences: readonly Difference[];
  readonly notCompared: readonly string[];
}

/** What may be compared. */
export interface DifferenceOptions {
  /** Whether recorded answers may be compared with live ones; false by default. */
  readonly allowReplayed?: boolean | undefined;
}

/**
 * Compares the same evaluation of several models or runs, each with each, on their common samples.
 *
 * A score whose samples are not in the same clusters in all of them is not compared, nor is a replayed evaluation with
 * a live one.
 *
 * @param evaluations their scores have one kind, see `withOneKind`.
 * @param nameOf names the model or the run of an evaluation.
 */
export function differencesOf(
  title: string,
  evaluations: readonly ReadEvaluation[],
  nameOf: (evaluation: ReadEvaluation) => string,
  { allowReplayed = false }: DifferenceOptions = {},
): Differences {
  const replayed = evaluations.filter(({ outcome }) => isReplayed(outcome.summary));
  const live = evaluations.filter(({ outcome }) => !isReplayed(outcome.summary));
  if (allowReplayed || replayed.length === 0 || live.length === 0)
    return differencesBetween(title, evaluations, nameOf);
  const apart = [replayed, live].map((alike) => differencesBetween(title, alike, nameOf));
  return {
    differences: apart.flatMap(({ differences }) => differences),
    notCompared: [
      whyNotMixed(title, replayed.map(nameOf), live.map(nameOf)),
      ...apart.flatMap(({ notCompared }) => notCompared),
    ],
  };
}

function differencesBetween(
  title: string,
  evaluations: readonly ReadEvaluation[],
  nameOf: (evaluation: ReadEvaluation) => string,
): Differences {
  const [first] = evaluations;
  // Logs are read only where there is something to compare.
  if (first === undefined || evaluations.length < 2) return { differences: [], notCompared: [] };
  const { file } = first.outcome;
  const found = evaluations.map((evaluation) => ({ name: nameOf(evaluation), ...evaluation.values() }));
  const costsOf = new Map(found.map(({ name, costs }) => [name, costs]));
  const replayed = new Set(evaluations.filter(({ outcome }) => isReplayed(outcome.summary)).map(nameOf));
  const names = new Set(found.flatMap(({ scores }) => [...scores.keys()]));
  const notCompared: string[] = [];
  const differences = [...names].flatMap((score) => {
    // One kind in all of them: what has no values says nothing.
    const isBinary = evaluations
      .flatMap(({ outcome }) => outcome.summary.scores)
      .filter(({ name, count }) => name === score && count > 0)
      .every((summary) => summary.isBinary);
    const samples = found.flatMap(({ name, scores }): [string, readonly SampleScore[]][] => {
      const values = scores.get(score) ?? [];
      return values.length === 0 ? [] : [[name, values]];
    });
    try {
      const comparisons = compareAll(Object.fromEntries(samples));
      return comparisons.map((comparison) => {
        const { a, b } = comparison;
        const cost = costDifference(costsOf.get(a) ?? [], costsOf.get(b) ?? []);
        const isMixed = replayed.has(a) !== replayed.has(b);
        return {
          ...{ ...comparison, file, title, score, isBinary },
          ...(cost !== undefined && { cost }),
          ...(isMixed && { onlyReplayed: replayed.has(a) ? ('a' as const) : ('b' as const) }),
        };
      });
    } catch (error) {
      if (!isModelProviderError(error, 'EVAL_INVALID')) throw error;
      notCompared.push(`${title}, ${score}: ${error.message}`);
      return [];
    }
  });
  return { differences, notCompared };
}

/** Adjusts the p-values for the number of all differences that are shown together. */
export function adjustTogether(differences: readonly Difference[]): Difference[] {
  const adjusted = holm(differences.map(({ p }) => p));
  return differences.map((difference, index) => ({ ...difference, adjustedP: adjusted[index] ?? 1 }));
}

/** What has to be said of differences between replayed and live evaluations, once an evaluation. */
export function mixedNotes(differences: readonly Difference[]): string[] {
  const mixed = differences.filter(({ onlyReplayed }) => onlyReplayed !== undefined);
  const namesOf = (title: string, isOfReplayed: boolean): string[] => {
    const found = mixed
      .filter((difference) => difference.title === title)
      .map(({ a, b, onlyReplayed }) => ((onlyReplayed === 'a') === isOfReplayed ? a : b));
    return [...new Set(found)];
  };
  return [...new Set(mixed.map(({ title }) => title))].map(
    (title) => `${title}: compared though ${mixture(namesOf(title, true), namesOf(title, false))}`,
  );
}

function costDifference(
  ofA: readonly SampleScore[],
  ofB: readonly SampleScore[],
): CostDifference | undefined {
  const idsOfB = new Set(ofB.map(({ id }) => id));
  const common = ofA.filter(({ id }) => idsOfB.has(id));
  const isFree = [...ofA, ...ofB].every(({ value }) => value === 0);
  if (common.length === 0 || isFree) return undefined;
  const { n, difference, standardError, interval } = compare(ofA, ofB);
  const a = exactly(mean(common.map(({ value }) => Number(value))));
  const spread = { ...(standardError !== undefined && { standardError }), ...(interval && { interval }) };
  return { n, of: { a, b: exactly(a - difference) }, difference, ...spread };
}
