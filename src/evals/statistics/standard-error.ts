import { mean, squares } from './moments';
import { refusal, requireValues } from './refuse';

/** How surely a mean is known. */
export interface StandardError {
  /** In the units of the values; NaN for a single independent unit, which says nothing about the spread. */
  readonly standardError: number;
  /** Of the t distribution that goes with it: the number of independent units, less 1. */
  readonly df: number;
}

/**
 * The standard error of the mean: s/√n for independent samples.
 *
 * With `clusters`, samples that share something (a passage, a repository, a conversation) count together: the
 * cluster-robust error of K.-Y. Liang & S. L. Zeger (1986), "Longitudinal data analysis using generalized
 * linear models", Biometrika 73, 13–22, as E. Miller (2024), "Adding error bars to evals", arXiv 2411.00640,
 * has it for evaluations, times the usual √(G/(G−1)) for G clusters, with which clusters of one sample each
 * give s/√n.
 *
 * @param values one for each sample, trials already reduced.
 * @param clusters the cluster of each value, in the same order.
 * @throws ModelProviderError `EVAL_INVALID` for no values, one that is not finite, or another number of
 *   clusters than of values.
 * @example
 * standardError([0.7, 0.9, 0.8, 0.6]); // { standardError: 0.064…, df: 3 }
 * standardError([0.7, 0.9, 0.8, 0.6], ['a', 'a', 'b', 'b']); // { standardError: 0.049…, df: 1 }
 */
export function standardError(values: readonly number[], clusters?: readonly string[]): StandardError {
  requireValues('standardError()', values);
  const n = values.length;
  if (clusters === undefined) return { standardError: Math.sqrt(squares(values) / (n - 1) / n), df: n - 1 };
  if (clusters.length !== n) throw refusal(`standardError(): ${clusters.length} clusters for ${n} values.`);
  const sums = [...clusterSums(values, clusters, mean(values)).values()];
  const groups = sums.length;
  if (groups === 1) return { standardError: NaN, df: 0 };
  const total = sums.reduce((sum, deviation) => sum + deviation ** 2, 0);
  return { standardError: Math.sqrt((total * groups) / (groups - 1)) / n, df: groups - 1 };
}

/** The sum over each cluster of the values' distances from `centre`. */
export function clusterSums(
  values: readonly number[],
  clusters: readonly string[],
  centre: number,
): Map<string, number> {
  const sums = new Map<string, number>();
  values.forEach((value, index) => {
    const cluster = clusters[index] ?? '';
    sums.set(cluster, (sums.get(cluster) ?? 0) + value - centre);
  });
  return sums;
}
