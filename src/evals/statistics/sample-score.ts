import { refusal } from './refuse';
import { isNearly } from './rounding';

/** What the values of a score are: right and wrong, or measures. */
export type ScoreKind = 'binary' | 'real';

/** Whether a value can be that of a score of right and wrong. */
export function isRightOrWrong(value: number | boolean): boolean {
  return typeof value === 'boolean' || value === 0 || isNearly(value, 1);
}

/** One sample's value of one score, trials already reduced. */
export interface SampleScore {
  /** Names the sample; equal in all models. */
  readonly id: string;
  /** True counts as 1, false as 0. */
  readonly value: number | boolean;
  /**
   * The number of trials if `value` is a share of right and wrong ones, from 0 to 1. A boolean is a share of
   * one.
   */
  readonly trials?: number;
  /**
   * Of a measure that is never right or wrong, whatever its values: if they are all equal, nothing is known
   * of their spread.
   */
  readonly kind?: 'real';
  /**
   * What the sample shares with others of the data set (a passage, a repository), if samples belong together.
   */
  readonly cluster?: string;
}

/**
 * The clusters of the samples, or undefined if none has one.
 *
 * @throws ModelProviderError `EVAL_INVALID` if only some have one.
 */
export function clustersOf(samples: readonly SampleScore[]): string[] | undefined {
  const clusters = samples.map(({ cluster }) => cluster).filter((cluster) => cluster !== undefined);
  if (clusters.length === 0) return undefined;
  if (clusters.length === samples.length) return clusters;
  const without = samples.find(({ cluster }) => cluster === undefined);
  throw refusal(
    `Sample "${without?.id ?? ''}" has no cluster, but ${clusters.length} of ${samples.length} samples have one.`,
  );
}

/**
 * The number of trials of right and wrong of which the values are shares, or undefined if one of them is a
 * real value.
 *
 * @throws ModelProviderError `EVAL_INVALID` for `trials` that are no whole number of at least 1, and for a
 *   value that is no share of them.
 */
export function sharedTrials(samples: readonly SampleScore[]): number | undefined {
  const trials = samples.map((sample) =>
    sample.kind === 'real' ? NaN : (trialsOf(sample) ?? (typeof sample.value === 'boolean' ? 1 : NaN)),
  );
  const total = trials.reduce((sum, count) => sum + count, 0);
  return Number.isNaN(total) ? undefined : total;
}

function trialsOf({ id, value, trials }: SampleScore): number | undefined {
  if (trials === undefined) return undefined;
  const fits = Number.isSafeInteger(trials) && trials >= 1 && +value >= 0 && +value <= 1;
  if (fits && (trials > 1 || isRightOrWrong(value))) return trials;
  throw refusal(
    `Sample "${id}" has the value ${String(value)}, which is no share of ${String(trials)} trials.`,
  );
}

/** The samples, their values taken as measures. */
export function asReal(samples: readonly SampleScore[]): SampleScore[] {
  // No spreads: there may be very many samples.
  return samples.map((sample) => {
    const { id, cluster } = sample;
    const value = numberOf(sample);
    return cluster === undefined ? { id, value } : { id, value, cluster };
  });
}

/**
 * The value of a sample as a number.
 *
 * @throws ModelProviderError `EVAL_INVALID` for anything but a boolean or a number: null would count as 0.
 */
export function numberOf({ id, value }: SampleScore): number {
  if (typeof value === 'boolean' || typeof value === 'number') return +value;
  throw refusal(`Sample "${id}" has the value ${String(value)}; leave out samples that have none.`);
}
