import type { ScoreSummary } from './eval-record';
import { estimate, type EstimateOptions } from './statistics/estimate';
import type { SampleScore } from './statistics/sample-score';
import { reduceTrials, type TrialReducer, type TrialScore } from './statistics/trials';

/** How a score is summed up. */
export interface ScoreRules {
  readonly reduce?: TrialReducer | undefined;
  readonly estimate?: EstimateOptions | undefined;
}

/**
 * Sums one score up, the sample being the unit.
 *
 * @param trials the score's values, of samples without any error.
 * @param errored the samples with an error: left out of the mean, and counted as 0 in `withErrors`.
 */
export function summarizeScore(
  name: string,
  trials: readonly TrialScore[],
  errored: readonly Omit<TrialScore, 'value'>[],
  rules: ScoreRules,
): { readonly summary: ScoreSummary; readonly samples: readonly SampleScore[] } {
  const isBinary = trials.every(({ value }) => value === null || typeof value === 'boolean');
  // A mixture of booleans and numbers is numbers.
  const values = isBinary ? trials : trials.map((trial) => ({ ...trial, value: numberOrNull(trial.value) }));
  const samples = reduceTrials(values, rules.reduce);
  const applicable = new Set(samples.map(({ id }) => id));
  const notApplicable = new Set(trials.flatMap(({ id }) => (applicable.has(id) ? [] : [id]))).size;
  const counts = { name, count: samples.length, notApplicable, isBinary };
  const wrong = samples[0]?.trials === undefined ? {} : { trials: samples[0].trials };
  const zero = isBinary && samples.every(({ value }) => typeof value === 'boolean') ? false : 0;
  const all = [...samples, ...errored.map((sample) => ({ ...sample, value: zero, ...wrong }))];
  return {
    samples,
    summary: {
      ...counts,
      ...(samples.length === 0 ? { mean: null } : without(estimate(samples, rules.estimate))),
      ...(errored.length === 0 ? {} : { withErrors: meanOf(estimate(all, rules.estimate)) }),
    },
  };
}

function without({
  n: _count,
  ...found
}: ReturnType<typeof estimate>): Omit<ReturnType<typeof estimate>, 'n'> {
  return found;
}

function meanOf({ mean, interval }: ReturnType<typeof estimate>): NonNullable<ScoreSummary['withErrors']> {
  return interval === undefined ? { mean } : { mean, interval };
}

function numberOrNull(value: number | boolean | null): number | null {
  return value === null ? null : Number(value);
}
