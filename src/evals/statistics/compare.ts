import { detectableDifference } from './detectable-difference';
import type { Interval } from './interval';
import { mcnemar, pairedShareInterval } from './mcnemar';
import { mean } from './moments';
import { exactSum } from './exact-sum';
import { differenceOf, isNoise } from './rounding';
import { permutationTest, type PermutationOptions } from './permutation-test';
import { refusal, requireDraws, requireOneOf, requireOptions } from './refuse';
import { clustersOf, numberOf, sharedTrials, type SampleScore } from './sample-score';
import { clusterSums, standardError } from './standard-error';
import { tTwoSided } from './student-t';
import { tIntervalAround } from './t-interval';

/** The difference of two models on the samples that both have. */
export interface Comparison {
  /** Samples that both have. */
  readonly n: number;
  /** Samples that only the first has; they are left out, as are those of `missingInA`. */
  readonly missingInB: number;
  readonly missingInA: number;
  /** Mean of the first minus mean of the second, over the common samples. */
  readonly difference: number;
  /**
   * Of the difference. Absent if nothing is known of the spread: all differences of real values are equal
   * (but for rounding), or there is one.
   */
  readonly standardError?: number;
  /** The 95 % interval of the difference. Absent with `standardError`. */
  readonly interval?: Interval;
  /** The two-sided p-value, unadjusted: {@link holm} adjusts several. */
  readonly p: number;
  /** Where `p` comes from. */
  readonly test: 'mcnemar' | 't' | 'permutation';
  /** See {@link detectableDifference}. Absent with `standardError`. */
  readonly detectable?: number;
}

/** How {@link compare} tests. */
export interface CompareOptions extends PermutationOptions {
  /** `auto`, the default: McNemar's exact test for right and wrong, else the paired t test. */
  readonly test?: 'auto' | 't' | 'permutation';
}

/**
 * Compares two models on the samples that both have. Pairs say much more than two intervals side by side,
 * since a hard sample is hard for both (E. Miller (2024), "Adding error bars to evals", arXiv 2411.00640).
 *
 * Right and wrong: McNemar's exact test, and the interval of Bonett and Price. Real values, shares of several
 * trials and clustered samples: the paired t test ("Student", 1908) on the differences, cluster-robust for
 * clusters, and its interval. By choice, or where all differences are equal and t is not defined, the
 * permutation test; of clusters it changes the signs as a whole.
 *
 * @param a one value for each sample of the first model.
 * @param b the same of the second.
 * @throws ModelProviderError `EVAL_INVALID` for no common sample, a sample that occurs twice in one model, a
 *   value that is no finite number, clusters of some samples only, or other ones in one model than in the
 *   other, and options that cannot be meant.
 * @example
 * const { difference, interval, p } = compare(expert, novice);
 */
export function compare(
  a: readonly SampleScore[],
  b: readonly SampleScore[],
  options: CompareOptions = {},
): Comparison {
  requireCompareOptions('compare()', options);
  const { test = 'auto', ...drawing } = options;
  const [ofA, ofB] = [byId(a), byId(b)];
  const pairs = a.flatMap((first) => {
    const second = ofB.get(first.id);
    return second === undefined ? [] : [{ first, second }];
  });
  if (pairs.length === 0) throw refusal('compare(): the models have no sample in common.');
  const counts = {
    n: pairs.length,
    missingInB: ofA.size - pairs.length,
    missingInA: ofB.size - pairs.length,
  };
  const differences = pairs.map(({ first, second }) => differenceOf(numberOf(first), numberOf(second)));
  for (const pair of pairs) requireSameCluster(pair);
  const clusters = clustersOf(pairs.map(({ first }) => first));
  const isBinary = pairs.every(({ first, second }) =>
    [first, second].every(({ value, kind }) => typeof value === 'boolean' && kind !== 'real'),
  );
  if (test === 'auto' && isBinary && clusters === undefined)
    return { ...counts, ...compareShares(differences) };
  const areShares = [a, b].every((samples) => sharedTrials(samples) !== undefined);
  const size = pairs.reduce(
    (most, { first, second }) => Math.max(most, sizeOf(numberOf(first), numberOf(second))),
    0,
  );
  const found = compareValues(differences, size, clusters, { test, drawing });
  return { ...counts, ...found, ...(areShares && found.interval && { interval: ofShares(found.interval) }) };
}

/**
 * Checks the options of a comparison.
 *
 * @param caller begins the message.
 * @throws ModelProviderError `EVAL_INVALID`.
 */
export function requireCompareOptions(caller: string, options: CompareOptions): void {
  requireOptions(caller, options, ['test', 'seed', 'draws']);
  requireDraws(caller, options);
  const { test = 'auto' } = options;
  requireOneOf(caller, 'test', test, ['auto', 't', 'permutation']);
}

/** How large the numbers are whose rounding is in a difference; equal ones leave none. */
function sizeOf(a: number, b: number): number {
  return a === b ? 0 : Math.max(Math.abs(a), Math.abs(b));
}

/** Two shares differ by 1 at most, which t does not know. */
function ofShares({ low, high }: Interval): Interval {
  return { low: Math.max(-1, low), high: Math.min(1, high) };
}

type Finding = Omit<Comparison, 'n' | 'missingInA' | 'missingInB'>;

function compareShares(differences: readonly number[]): Finding {
  const n = differences.length;
  const onlyA = differences.filter((difference) => difference > 0).length;
  const onlyB = differences.filter((difference) => difference < 0).length;
  const { interval, standardError } = pairedShareInterval(onlyA, onlyB, n);
  return {
    difference: (onlyA - onlyB) / n,
    standardError,
    interval,
    p: mcnemar(onlyA, onlyB),
    test: 'mcnemar',
    ...(n === 1 ? {} : { detectable: detectableDifference({ standardError, df: n - 1 }) }),
  };
}

function compareValues(
  differences: readonly number[],
  size: number,
  clusters: string[] | undefined,
  { test, drawing }: { readonly test: string; readonly drawing: PermutationOptions },
): Finding {
  const difference = mean(differences);
  const error = standardError(differences, clusters);
  const hasSpread = error.df >= 1 && !isNoise(error.standardError, size);
  const isT = test !== 'permutation' && hasSpread;
  const units = clusters === undefined ? differences : sumsOf(differences, clusters);
  return {
    difference,
    p: isT ? tTwoSided(difference / error.standardError, error.df) : permutationTest(units, drawing),
    test: isT ? 't' : 'permutation',
    ...(hasSpread
      ? {
          standardError: error.standardError,
          interval: tIntervalAround(difference, error),
          detectable: detectableDifference(error),
        }
      : {}),
  };
}

/** The sum of each cluster; 0 where its differences cancel out but for rounding. */
function sumsOf(differences: readonly number[], clusters: readonly string[]): number[] {
  const total = exactSum(differences.map(Math.abs));
  const sums = [...clusterSums(differences, clusters).values()];
  return sums.map(({ sum }) => (isNoise(sum, total) ? 0 : sum));
}

function requireSameCluster({ first, second }: { first: SampleScore; second: SampleScore }): void {
  if (first.cluster === second.cluster) return;
  const [a, b] = [first, second].map(({ cluster }) =>
    cluster === undefined ? 'in no cluster' : `in the cluster ${JSON.stringify(cluster)}`,
  );
  throw refusal(
    `compare(): sample "${first.id}" is ${a} in the first model and ${b} in the second; it must be the same in both.`,
  );
}

function byId(samples: readonly SampleScore[]): Map<string, SampleScore> {
  const map = new Map<string, SampleScore>();
  for (const sample of samples) {
    if (map.has(sample.id))
      throw refusal(`compare(): sample "${sample.id}" occurs twice in one model; reduce its trials first.`);
    map.set(sample.id, sample);
  }
  return map;
}
