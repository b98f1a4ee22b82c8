import { showValue } from '../../base/json';
import { bootstrapInterval, type BootstrapOptions } from './bootstrap';
import type { Interval } from './interval';
import { mean } from './moments';
import { unknownOption } from '../../base/require-known';
import { refusal, requireCount, requireOneOf } from './refuse';
import { isNoise } from './rounding';
import { clustersOf, numberOf, sharedTrials, type SampleScore } from './sample-score';
import { shareInterval } from './share-interval';
import { standardError } from './standard-error';
import { tIntervalAround } from './t-interval';

/** A mean and how surely it is known. */
export interface Estimate {
  /** Number of samples. */
  readonly n: number;
  readonly mean: number;
  /** In the units of the values. Absent if there is one sample or cluster only. */
  readonly standardError?: number;
  /** The 95 % interval of the mean. Absent if nothing is known of the spread. */
  readonly interval?: Interval;
}

/** How {@link estimate} finds the interval. */
export interface EstimateOptions extends BootstrapOptions {
  /** `auto`, the default: Wilson's interval for right and wrong, the t interval for real values. */
  readonly method?: 'auto' | 't' | 'bootstrap';
}

const methods = ['auto', 't', 'bootstrap'];

/**
 * Checks the options of an estimate.
 *
 * @param caller begins the message.
 * @throws ModelProviderError `EVAL_INVALID`.
 */
export function requireEstimateOptions(caller: string, options: EstimateOptions): void {
  if (typeof options !== 'object' || (options as unknown) === null)
    throw refusal(`${caller} is ${showValue(options)}; write { method: 'bootstrap', seed: 1 }.`);
  const problem = unknownOption(options, ['method', 'seed', 'draws']);
  if (problem !== undefined) throw refusal(`${caller}: ${problem}.`);
  const { method = 'auto', seed = 0, draws = 1 } = options;
  requireOneOf(caller, 'method', method, methods);
  requireCount(caller, 'draws', draws);
  if (!Number.isSafeInteger(seed)) throw refusal(`${caller}: seed is ${seed}; it must be a whole number.`);
}

/**
 * The mean of a score over samples, with standard error and 95 % interval.
 *
 * Right and wrong: {@link wilsonInterval}; for samples of several trials or in clusters, Wilson's for their
 * effective number. Real values: {@link tInterval}, with cluster-robust errors if samples have clusters; or
 * {@link bootstrapInterval} by choice. Where they show no spread (all are equal, or there is one sample or
 * cluster) t would give a point or nothing: values from 0 to 1 then have Wilson's interval, which is wider
 * than that of any such score could be; others have none, nor has a score of the kind `real`.
 *
 * @throws ModelProviderError `EVAL_INVALID` for no samples, a value that is no finite number, clusters of
 *   some samples only, or the bootstrap of clustered samples.
 * @example
 * estimate([{ id: 'a', value: true }, { id: 'b', value: false }]);
 * // { n: 2, mean: 0.5, standardError: 0.5, interval: … }
 */
export function estimate(samples: readonly SampleScore[], options: EstimateOptions = {}): Estimate {
  return estimateAs(samples, sharedTrials(samples), options);
}

/**
 * The same with values that are taken as shares of so many trials in all, or as measures.
 *
 * @param trials undefined for measures.
 */
export function estimateAs(
  samples: readonly SampleScore[],
  trials: number | undefined,
  options: EstimateOptions = {},
): Estimate {
  const values = samples.map(numberOf);
  const clusters = clustersOf(samples);
  const error = standardError(values, clusters);
  return {
    n: values.length,
    mean: mean(values),
    ...(error.df < 1 ? {} : { standardError: error.standardError }),
    ...bounded(interval()),
  };

  function interval(): Interval {
    requireEstimateOptions('estimate()', options);
    const { method = 'auto' } = options;
    if (method === 'bootstrap') {
      if (clusters === undefined) return bootstrapInterval(values, options);
      throw refusal(
        'estimate(): the bootstrap does not know clusters; leave the method out, or the clusters.',
      );
    }
    if (trials !== undefined && method !== 't') return shareInterval(values, error, trials);
    const size = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const hasSpread = error.df >= 1 && !isNoise(error.standardError, size);
    if (hasSpread || method === 't') return tIntervalAround(mean(values), error);
    const areShares = samples.every(({ kind }, index) => kind !== 'real' && isShare(values[index] ?? NaN));
    return areShares ? shareInterval(values, error, error.df + 1) : { low: -Infinity, high: Infinity };
  }
}

function isShare(value: number): boolean {
  return value >= 0 && value <= 1;
}

function bounded(interval: Interval): { interval?: Interval } {
  return Number.isFinite(interval.low) ? { interval } : {};
}
