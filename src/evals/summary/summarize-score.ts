import type { ScoreValues } from './score-values';
import { estimateAs, type Estimate, type EstimateOptions } from '../statistics/estimate';
import { isWithin, type ScoreRange } from '../statistics/range';
import { asReal, isRightOrWrong, sharedTrials, type SampleScore } from '../statistics/sample-score';
import { reduceSample, type TrialReducer } from '../statistics/trials';
import type { ScoreSummary } from '../log/eval-summary';

/** How a score is summed up. */
export interface ScoreRules {
  readonly reduce?: TrialReducer | undefined;
  readonly estimate?: Omit<EstimateOptions, 'range'> | undefined;
}

/** The samples that ended. Each has a number, from 0. */
export interface NumberedSamples {
  /** By number; undefined for a sample that did not end. */
  readonly ids: readonly (string | undefined)[];
  readonly clusters: ReadonlyMap<number, string>;
  /** How many trials each has. */
  readonly trials: readonly number[];
  /** Those of which a trial ended in an error: left out of the mean, and counted as 0 in `withErrors`. */
  readonly errored: ReadonlySet<number>;
}

/** Sums up one score; the unit is the sample, not the trial. */
export function summarizeScore(
  name: string,
  values: ScoreValues,
  of: NumberedSamples,
  rules: ScoreRules,
): { readonly summary: ScoreSummary; readonly samples: readonly SampleScore[] } {
  const { samples, notApplicable, missing } = reducedSamples(values, of, rules);
  const isBinary = areRightAndWrong(values, samples, of);
  const counted = isBinary ? samples : measures(samples, values);
  const found = estimated(counted, isBinary, of, rules, rangeOf(counted, values));
  const { interval, withErrors } = isBinary ? estimated(samples, false, of, rules) : {};
  const { mean = null, ...spread } = found;
  return {
    samples: counted,
    summary: {
      name,
      count: counted.length,
      notApplicable,
      ...(missing > 0 && { missing }),
      isBinary,
      mean,
      ...spread,
      ...((interval ?? withErrors) !== undefined && {
        asReal: { ...(interval && { interval }), ...(withErrors && { withErrors }) },
      }),
    },
  };
}

/** The samples that have a value, as right and wrong where they can be. */
function reducedSamples(
  values: ScoreValues,
  of: NumberedSamples,
  { reduce }: ScoreRules,
): { readonly samples: readonly SampleScore[]; readonly notApplicable: number; readonly missing: number } {
  const samples: SampleScore[] = [];
  let notApplicable = 0;
  let missing = 0;
  const areBooleans = every(values, of, values.hasNumbers, (value) => typeof value !== 'number');
  for (const [number, id] of of.ids.entries()) {
    if (id === undefined || of.errored.has(number)) continue;
    const trials = values.of(number);
    if (trials.length < (of.trials[number] ?? 0)) missing += 1;
    if (trials.length === 0) continue;
    const applicable = trials.filter((value) => value !== null);
    // A mixture of booleans and numbers is numbers.
    const found = reduceSample(areBooleans ? applicable : applicable.map(Number), reduce);
    if (found === null) notApplicable += 1;
    else samples.push({ id, ...clusterOf(number, of), ...shareOf(found.value, applicable.length) });
  }
  return { samples, notApplicable, missing };
}

/** A value that was reduced from so many trials, if they were right and wrong. */
function shareOf(value: number | boolean, trials: number): Pick<SampleScore, 'value' | 'trials'> {
  if (trials > 1) return { value, trials };
  return { value: isRightOrWrong(value) ? Number(value) > 0 : value };
}

/** A reducer may make something else of right and wrong, such as their number. */
function areRightAndWrong(
  values: ScoreValues,
  samples: readonly SampleScore[],
  of: NumberedSamples,
): boolean {
  return (
    values.kind !== 'real' &&
    every(values, of, values.hasMeasures, (value) => value === null || isRightOrWrong(value)) &&
    samples.every(({ value }) => Number(value) >= 0 && Number(value) <= 1) &&
    sharedTrials(samples) !== undefined
  );
}

function measures(samples: readonly SampleScore[], { kind }: ScoreValues): SampleScore[] {
  return asReal(samples).map((sample) => (kind === 'real' ? { ...sample, kind } : sample));
}

/** A reducer may make something else of the values. */
function rangeOf(samples: readonly SampleScore[], { range }: ScoreValues): ScoreRange | undefined {
  return range !== undefined && samples.every(({ value }) => isWithin(+value, range)) ? range : undefined;
}

/** @param mayNot whether any value may not hold, also of a sample that does not count. */
function every(
  values: ScoreValues,
  { ids, errored }: NumberedSamples,
  mayNot: boolean,
  holds: (value: number | boolean | null) => boolean,
): boolean {
  return !mayNot || ids.every((_id, number) => errored.has(number) || values.of(number).every(holds));
}

/** @param isBinary whether the values are taken as right and wrong, or as measures. */
function estimated(
  samples: readonly SampleScore[],
  isBinary: boolean,
  of: NumberedSamples,
  rules: ScoreRules,
  range?: ScoreRange,
): Partial<Pick<ScoreSummary, 'mean' | 'standardError' | 'interval' | 'withErrors'>> {
  const lost = erroredAsWrong(isBinary, of);
  const estimateOf = (all: readonly SampleScore[], within: ScoreRange | undefined): Estimate =>
    estimateAs(all, isBinary ? sharedTrials(all) : undefined, {
      ...rules.estimate,
      ...(within !== undefined && { range: within }),
    });
  // A lost sample is 0, also where no other can be.
  const withLost: ScoreRange | undefined = range && [Math.min(0, range[0]), Math.max(0, range[1])];
  return {
    ...(samples.length > 0 && without(estimateOf(samples, range))),
    ...(lost.length > 0 && { withErrors: meanOf(estimateOf([...samples, ...lost], withLost)) }),
  };
}

function erroredAsWrong(isBinary: boolean, of: NumberedSamples): SampleScore[] {
  return [...of.errored].map((number) => {
    const wrong = isBinary ? shareOf(0, of.trials[number] ?? 1) : { value: 0 };
    return { id: of.ids[number] ?? '', ...clusterOf(number, of), ...wrong };
  });
}

function clusterOf(number: number, { clusters }: NumberedSamples): { cluster?: string } {
  const cluster = clusters.get(number);
  return cluster === undefined ? {} : { cluster };
}

function without({ n: _count, ...found }: Estimate): Omit<Estimate, 'n'> {
  return found;
}

function meanOf({ mean, interval }: Estimate): NonNullable<ScoreSummary['withErrors']> {
  return interval === undefined ? { mean } : { mean, interval };
}
