import { bootstrapInterval, type BootstrapOptions } from './bootstrap';
import { boundedInterval } from './bounded-interval';
import type { Interval } from './interval';
import { mean } from './moments';
import { refusal, requireDraws, requireOneOf, requireOptions } from './refuse';
import { broughtInto, isWithin, requireRange, type ScoreRange } from './range';
import { clustersOf, numberOf, sharedTrials, type SampleScore } from './sample-score';
import { shareInterval } from './share-interval';
import { standardError } from './standard-error';
import { hasSpread, tIntervalAround } from './t-interval';
import { wilsonInterval } from './wilson';

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
  /**
   * `auto`, the default: by what the values are. `t` and `bootstrap`: the interval of that name, or, where
   * the range of the values is known, the wider of both at each end.
   */
  readonly method?: 'auto' | 't' | 'bootstrap';
  /**
   * The least and the most that a value can be. Without it values that are all from 0 to 1 are taken for
   * scores that can be no other, unless their kind is `real`.
   */
  readonly range?: ScoreRange;
}

const methods = ['auto', 't', 'bootstrap'];
const shares: ScoreRange = [0, 1];

/**
 * Checks the options of an estimate.
 *
 * @param caller begins the message.
 * @throws ModelProviderError `EVAL_INVALID`.
 */
export function requireEstimateOptions(caller: string, options: EstimateOptions): void {
  requireOptions(caller, options, ['method', 'seed', 'draws', 'range']);
  const { method = 'auto' } = options;
  requireOneOf(caller, 'method', method, methods);
  requireDraws(caller, options);
  if (options.range !== undefined) requireRange(caller, options.range);
}

/**
 * The mean of a score over samples, with standard error and 95 % interval.
 *
 * Right and wrong: {@link wilsonInterval}. Other values with a known range, such as shares of several trials:
 * an interval that holds for any distribution in that range, also where all or nearly all values are equal;
 * in clusters the wider of it and Wilson's for the effective number of samples. Values without one: {@link
 * tInterval}, with cluster-robust errors if samples have clusters; none if all are equal, or if there is one
 * sample or cluster.
 *
 * @throws ModelProviderError `EVAL_INVALID` for no samples, a value that is no finite number or is outside
 *   the range, clusters of some samples only, the bootstrap of clustered samples, and options that cannot be
 *   meant.
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
  requireEstimateOptions('estimate()', options);
  const { method = 'auto', range: _known, ...drawing } = options;
  const values = samples.map(numberOf);
  const clusters = clustersOf(samples);
  const error = standardError(values, clusters);
  const centre = mean(values);
  const range = trials === undefined ? rangeOf(samples, values, options.range) : shares;
  if (method === 'bootstrap' && clusters !== undefined)
    throw refusal('estimate(): the bootstrap does not know clusters; leave the method out, or the clusters.');
  const found = [byRange(), byEffectiveNumber(), byMethod()].filter((interval) => interval !== undefined);
  return {
    n: values.length,
    mean: centre,
    ...(error.df < 1 ? {} : { standardError: error.standardError }),
    ...(found.length > 0 && { interval: widest(found, range) }),
  };

  /** Without a range nothing bounds what was not seen. */
  function byRange(): Interval | undefined {
    if (range === undefined) return undefined;
    if (trials === values.length && clusters === undefined)
      return wilsonInterval(
        samples.reduce((count, { value }) => count + +value, 0),
        trials,
      );
    return boundedInterval(
      values.map((value) => broughtInto(range, value)),
      range,
      clusters,
    );
  }

  function byMethod(): Interval | undefined {
    if (!hasSpread(values, error)) return undefined;
    if (method === 'bootstrap') return bootstrapInterval(values, drawing);
    return method === 't' || range === undefined ? tIntervalAround(centre, error) : undefined;
  }

  /** A few large clusters among small ones count for less than the range alone shows. */
  function byEffectiveNumber(): Interval | undefined {
    if (range === undefined || clusters === undefined || !hasSpread(values, error)) return undefined;
    const [least, most] = range;
    const width = most - least;
    const scaled = values.map((value) => (broughtInto(range, value) - least) / width);
    const { low, high } = shareInterval(
      scaled,
      { ...error, standardError: error.standardError / width },
      trials,
    );
    return { low: least + width * low, high: least + width * high };
  }
}

function rangeOf(
  samples: readonly SampleScore[],
  values: readonly number[],
  given: ScoreRange | undefined,
): ScoreRange | undefined {
  if (given === undefined) {
    const mayBeShares =
      samples.every(({ kind }) => kind !== 'real') && values.every((value) => isWithin(value, shares));
    return mayBeShares ? shares : undefined;
  }
  const outside = values.find((value) => !isWithin(value, given));
  if (outside === undefined) return given;
  throw refusal(`estimate(): the value ${outside} is outside the range from ${given[0]} to ${given[1]}.`);
}

/** A mean is in the range too. */
function widest(intervals: readonly Interval[], [least, most]: ScoreRange = [-Infinity, Infinity]): Interval {
  return {
    low: Math.max(least, Math.min(...intervals.map(({ low }) => low))),
    high: Math.min(most, Math.max(...intervals.map(({ high }) => high))),
  };
}
