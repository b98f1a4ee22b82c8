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

/** The samples that came. Each has a number, from 0. */
export interface NumberedSamples {
  /** By number; undefined for a sample that did not come. */
  readonly ids: readonly (string | undefined)[];
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
  for (const [number, id] of of.ids.entries()) {
    const trials = id === undefined || of.errored.has(number) ? [] : values.of(number);
    if (id === undefined || trials.length === 0) continue;
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

function hasOnlyBooleans(values: ScoreValues, { ids, errored }: NumberedSamples): boolean {
  if (!values.hasNumbers) return true;
  return ids.every(
    (_id, number) => errored.has(number) || values.of(number).every((value) => typeof value !== 'number'),
  );
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
  return [...of.errored].map((number) => {
    return { id: of.ids[number] ?? '', ...clusterOf(number, of), value, ...trials };
  });
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
