import { exactSum } from './exact-sum';
import { deviations, norm } from './moments';
import { refusal, requireValues } from './refuse';

/** How surely a mean is known. */
export interface StandardError {
  /** In the units of the values; NaN for a single independent unit, which says nothing about the spread. */
  readonly standardError: number;
  /**
   * Degrees of freedom of the t distribution that goes with it: the number of independent units, less 1; of
   * clusters of unequal sizes fewer, and then not whole. 0 for a single unit.
   */
  readonly df: number;
}

/** The correlation within clusters that the degrees of freedom allow for, where clusters differ in size. */
const assumedCorrelation = 0.05;

/**
 * The standard error of the mean: s/√n for independent samples.
 *
 * With `clusters`, samples that share something (a passage, a repository, a conversation) count together: the
 * cluster-robust error by the jackknife, the spread of the means that leave out one cluster each, CV3 of J.
 * G. MacKinnon, M. Ø. Nielsen & M. D. Webb (2023), "Cluster-robust inference: a guide to empirical practice",
 * J. Econometrics 232, 272–299. Clusters of one size have the error of K.-Y. Liang & S. L. Zeger (1986) times
 * √(G/(G−1)) for G clusters, and G − 1 degrees of freedom. Where sizes differ there are fewer, by F. E.
 * Satterthwaite's formula as R. M. Bell & D. F. McCaffrey (2002), "Bias reduction in standard errors for
 * linear regression with multi-stage samples", Surv. Methodol. 28, 169–181, have it, for samples with a
 * correlation of 0.05 within clusters: one large cluster among small ones tells little more than one.
 *
 * @param values one for each sample, trials already reduced.
 * @param clusters the cluster of each value, in the same order.
 * @throws ModelProviderError `EVAL_INVALID` for no values, one that is not finite, values that are too far
 *   apart for a number to hold their distance, or another number of clusters than of values.
 * @example
 * standardError([0.7, 0.9, 0.8, 0.6]); // { standardError: 0.064…, df: 3 }
 * standardError([0.7, 0.9, 0.8, 0.6], ['a', 'a', 'b', 'b']); // { standardError: 0.05, df: 1 }
 */
export function standardError(values: readonly number[], clusters?: readonly string[]): StandardError {
  requireValues('standardError()', values);
  const n = values.length;
  if (clusters !== undefined && clusters.length !== n)
    throw refusal(`standardError(): ${clusters.length} clusters for ${n} values.`);
  if (n === 1) return { standardError: NaN, df: 0 };
  const distances = deviations(values);
  if (clusters === undefined) return { standardError: norm(distances) / Math.sqrt((n - 1) * n), df: n - 1 };
  const groups = [...clusterSums(distances, clusters).values()];
  const count = groups.length;
  if (count === 1) return { standardError: NaN, df: 0 };
  if (!groups.every(({ sum }) => Number.isFinite(sum)))
    throw refusal('standardError(): no number holds the sum of a cluster; scale the score.');
  const moves = groups.map(({ sum, size }) => sum / (n - size));
  const sizes = groups.map(({ size }) => size);
  return { standardError: norm(moves) * Math.sqrt((count - 1) / count), df: degreesOfFreedom(sizes, n) };
}

/** A cluster: how many values it has, and their sum. */
export interface ClusterSum {
  readonly size: number;
  readonly sum: number;
}

export function clusterSums(values: readonly number[], clusters: readonly string[]): Map<string, ClusterSum> {
  const groups = new Map<string, number[]>();
  values.forEach((value, index) => {
    const cluster = clusters[index] ?? '';
    const known = groups.get(cluster);
    if (known === undefined) groups.set(cluster, [value]);
    else known.push(value);
  });
  return new Map([...groups].map(([cluster, own]) => [cluster, { size: own.length, sum: exactSum(own) }]));
}

/**
 * Satterthwaite's degrees of freedom, (tr B)²/tr B², of the jackknife's variance, a quadratic form Σ c·S² of
 * the clusters' sums of distances from the mean.
 */
function degreesOfFreedom(sizes: readonly number[], n: number): number {
  if (sizes.every((size) => size === sizes[0])) return sizes.length - 1;
  const shares = sizes.map((size) => size / n);
  // The variance of a cluster's sum, as a share of that of one value.
  const variances = sizes.map((size) => size * (1 + (size - 1) * assumedCorrelation));
  const total = exactSum(variances);
  const weights = shares.map((share) => (1 - share) ** -2);
  const sumOf = (term: (share: number, variance: number, weight: number) => number): number =>
    exactSum(shares.map((share, index) => term(share, variances[index] ?? 0, weights[index] ?? 0)));
  // cov(S_g, S_h) = p_g·(p_h·V − v_h) − p_h·v_g for g ≠ h, of which the squares are summed without a loop
  // over pairs.
  const rest = (share: number, variance: number): number => share * total - variance;
  const off = (share: number, variance: number): number => share * rest(share, variance) - share * variance;
  const onDiagonal = (share: number, variance: number): number => variance + off(share, variance);
  const trace = sumOf((p, v, c) => c * onDiagonal(p, v));
  const all =
    sumOf((p, _v, c) => c * p ** 2) * sumOf((p, v, c) => c * rest(p, v) ** 2) -
    2 * sumOf((p, v, c) => c * p * v) * sumOf((p, v, c) => c * p * rest(p, v)) +
    sumOf((_p, v, c) => c * v ** 2) * sumOf((p, _v, c) => c * p ** 2);
  const squares = all + sumOf((p, v, c) => c ** 2 * (onDiagonal(p, v) ** 2 - off(p, v) ** 2));
  return Math.max(1, Math.min(sizes.length - 1, trace ** 2 / squares));
}
