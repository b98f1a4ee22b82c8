import { showValue } from '../../base/json';
import { mean } from './moments';
import { refusal, requireCount } from './refuse';
import { isNearly } from './rounding';
import { isRightOrWrong, type SampleScore } from './sample-score';

/** Makes one value of the trials of one sample; null if they cannot tell. */
export interface TrialReducer {
  (trials: readonly (number | boolean)[]): number | boolean | null;
  /** Fewest trials from which it can tell anything; 1 by default. */
  readonly leastTrials?: number;
}

/** One trial's value of one score; null if the score does not apply. */
export interface TrialScore {
  /** Names the sample. */
  readonly id: string;
  readonly value: number | boolean | null;
  /** What the sample shares with others of the data set, if samples belong together. */
  readonly cluster?: string;
}

/**
 * Reduces trials to samples: the sample is the unit of all statistics, since trials of one sample are not
 * independent, and four samples tried three times are not twelve.
 *
 * @param trials in any order; those of one sample share its `id`, and its `cluster` is that of its first
 *   trial.
 * @param reducer the mean by default, {@link passAt} or {@link passAll}.
 * @returns the samples in the order of their first trials, without those that have no value.
 * @throws ModelProviderError `EVAL_INVALID` if a value or what the reducer returns is anything but a boolean,
 *   a finite number or null.
 * @example
 * reduceTrials([
 *   { id: 'sum', value: true },
 *   { id: 'sum', value: false },
 *   { id: 'capital', value: true },
 * ]); // [{ id: 'sum', value: 0.5, trials: 2 }, { id: 'capital', value: true }]
 */
export function reduceTrials(
  trials: readonly TrialScore[],
  reducer: TrialReducer = meanOfTrials,
): SampleScore[] {
  if (typeof reducer !== 'function')
    throw refusal(`reduceTrials(): the reducer is ${showValue(reducer)}; write passAt(3), or leave it out.`);
  const samples = new Map<string, { first: TrialScore; values: (number | boolean)[] }>();
  for (const trial of trials) {
    if (trial.value !== null && typeof trial.value !== 'boolean' && !Number.isFinite(trial.value))
      throw refusal(
        `reduceTrials(): sample "${trial.id}" has the value ${showValue(trial.value)}; it must be a boolean, a finite number or null.`,
      );
    const values = trial.value === null ? [] : [trial.value];
    const sample = samples.get(trial.id);
    if (sample === undefined) samples.set(trial.id, { first: trial, values });
    else sample.values.push(...values);
  }
  return [...samples.values()].flatMap(({ first, values }) => {
    const found = reduceSample(values, reducer);
    return found === null ? [] : [{ ...first, ...found }];
  });
}

/**
 * Reduces the trials of one sample; null if they have no value.
 *
 * @throws ModelProviderError `EVAL_INVALID` if the reducer makes anything else of them than a value.
 */
export function reduceSample(
  values: readonly (number | boolean)[],
  reducer: TrialReducer = meanOfTrials,
): Pick<SampleScore, 'value' | 'trials'> | null {
  const value = values.length === 0 ? null : reducer(values);
  if (value === null) return null;
  if (typeof value !== 'boolean' && !Number.isFinite(value))
    throw refusal(
      `A reducer of trials returned ${showValue(value)}; it must return a boolean, a finite number or null.`,
    );
  const isShare = values.every((trial) => typeof trial === 'boolean') && +value >= 0 && +value <= 1;
  if (!isShare) return { value };
  // A single trial is right or wrong, also where the reducer made a number of it, and has Wilson's interval.
  if (values.length === 1) return { value: isRightOrWrong(value) ? +value > 0 : value };
  return { value, trials: values.length };
}

// One trial stays as it is: a boolean is still one, and has Wilson's interval.
function meanOfTrials(trials: readonly (number | boolean)[]): number | boolean {
  const [only] = trials;
  return trials.length === 1 && only !== undefined ? only : mean(trials);
}

/**
 * pass@k: the probability that at least one of k trials passes, 1 − C(n−c, k)/C(n, k) for c passes in n
 * trials.
 *
 * The unbiased estimator of M. Chen et al. (2021), "Evaluating large language models trained on code", arXiv
 * 2107.03374; 1 − (1 − c/n)^k would be too low.
 *
 * @param k a whole number of at least 1.
 * @returns a reducer that gives null for fewer than k trials, and counts a trial as passed if its value is
 *   true or 1.
 * @throws ModelProviderError `EVAL_INVALID` for any other k.
 * @example
 * passAt(2)([true, false, false]); // 0.666…
 */
export function passAt(k: number): TrialReducer {
  requireCount('passAt()', 'k', k);
  const reducer: TrialReducer = (trials) => {
    const none = chanceOfOnly(trials.length - passes(trials), trials.length, k);
    return none === null ? null : 1 - none;
  };
  return Object.assign(reducer, { leastTrials: k });
}

/**
 * pass^k: the probability that all of k trials pass, C(c, k)/C(n, k) for c passes in n trials: what a user
 * sees of a model that must not fail.
 *
 * The counterpart of {@link passAt}, unbiased for the same reason; as in S. Yao et al. (2024), "τ-bench",
 * arXiv 2406.12045.
 *
 * @param k a whole number of at least 1.
 * @returns a reducer that gives null for fewer than k trials, and counts a trial as passed if its value is
 *   true or 1.
 * @throws ModelProviderError `EVAL_INVALID` for any other k.
 * @example
 * passAll(2)([true, true, false]); // 0.333…
 */
export function passAll(k: number): TrialReducer {
  requireCount('passAll()', 'k', k);
  const reducer: TrialReducer = (trials) => chanceOfOnly(passes(trials), trials.length, k);
  return Object.assign(reducer, { leastTrials: k });
}

function passes(trials: readonly (number | boolean)[]): number {
  return trials.filter((value) => isNearly(Number(value), 1)).length;
}

/**
 * The chance that k of n, drawn without replacement, are all among `marked`; null for k above n. A product,
 * as C(n, k) overflows.
 */
function chanceOfOnly(marked: number, n: number, k: number): number | null {
  if (k > n) return null;
  let chance = 1;
  for (let drawn = 0; drawn < k && chance > 0; drawn++) chance *= Math.max(0, marked - drawn) / (n - drawn);
  return chance;
}
