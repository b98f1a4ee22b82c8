import type { ScoreSummary } from './eval-record';
import type { ScoreValues } from './score-values';
import { estimate, type EstimateOptions } from './statistics/estimate';
import type { SampleScore } from './statistics/sample-score';
import { reduceSample, type TrialReducer } from './statistics/trials';

/** How a score is summed up. */
export interface ScoreRules {
  readonly reduce?: TrialReducer | undefined;
  readonly estimate?: EstimateOptions | undefined;
}

/** The samples that came, each with its number, from 0. */
export interface NumberedSamples {
  readonly numbers: ReadonlyMap<string, number>;
  readonly clusters: ReadonlyMap<number, string>;
  /** Those of which a trial ended in an error: left out of the mean, and counted as 0 in `withErrors`. */
  readonly errored: ReadonlySet<number>;
}

/** Sums one score up, the sample being the unit. */
export function summarizeScore(
  name: string,
  values: ScoreValues,
  of: NumberedSamples,
  rules: ScoreRules,
): { readonly summary: ScoreSummary; readonly samples: readonly SampleScore[] } {
  const isBinary = hasOnlyBooleans(values, of);
  const samples: SampleScore[] = [];
  let notApplicable = 0;
  for (const [id, number] of of.numbers) {
    const trials = of.errored.has(number) ? [] : values.of(number);
    if (trials.length === 0) continue;
    const applicable = trials.filter((value) => value !== null);
    // A mixture of booleans and numbers is numbers.
    const found = reduceSample(isBinary ? applicable : applicable.map(Number), rules.reduce);
    if (found === null) notApplicable += 1;
    else samples.push({ id, ...clusterOf(number, of), ...found });
  }
  const mean = samples.length === 0 ? { mean: null } : without(estimate(samples, rules.estimate));
  const lost = erroredAsWrong(samples, isBinary, of);
  return {
    samples,
    summary: {
      name,
      count: samples.length,
      notApplicable,
      isBinary,
      ...mean,
      ...(lost.length > 0 && { withErrors: meanOf(estimate([...samples, ...lost], rules.estimate)) }),
    },
  };
}

function hasOnlyBooleans(values: ScoreValues, { numbers, errored }: NumberedSamples): boolean {
  if (!values.hasNumbers) return true;
  for (const number of numbers.values()) {
    if (errored.has(number)) continue;
    if (values.of(number).some((value) => typeof value === 'number')) return false;
  }
  return true;
}

function erroredAsWrong(
  samples: readonly SampleScore[],
  isBinary: boolean,
  of: NumberedSamples,
): SampleScore[] {
  if (of.errored.size === 0) return [];
  const [first] = samples;
  const trials = first?.trials === undefined ? {} : { trials: first.trials };
  const value = isBinary && samples.every((sample) => typeof sample.value === 'boolean') ? false : 0;
  return [...of.numbers].flatMap(([id, number]) =>
    of.errored.has(number) ? [{ id, ...clusterOf(number, of), value, ...trials }] : [],
  );
}

function clusterOf(number: number, { clusters }: NumberedSamples): { cluster?: string } {
  const cluster = clusters.get(number);
  return cluster === undefined ? {} : { cluster };
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
