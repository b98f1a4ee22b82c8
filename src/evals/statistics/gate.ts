import { checkGate } from './check-gate';
import type { Estimate } from './estimate';
import { enoughSamples, everySample, fewErrors, notBelowBaseline, scoreReached } from './gate-conditions';
import type { SampleScore } from './sample-score';

/** What is demanded of one score. */
export interface ScoreGate {
  /** The bar, in the units of the score: 0.8 of a boolean one is 80 %. */
  readonly min: number;
  /**
   * Which number must reach the bar. `lower95`, the default: the lower end of the 95 % interval, which proves it; if the interval
   * has the bar inside, the outcome is inconclusive. `mean`: the mean itself, which at a bar it truly meets fails half of the
   * time. `upper95`: the upper end, which fails only what is surely below.
   */
  readonly by?: 'lower95' | 'mean' | 'upper95';
}

/** What is demanded of an evaluation: of scores by their names, of the errors, and of the number of samples. */
export interface Gate {
  readonly [score: string]: ScoreGate | number | PerSample | VsBaseline | InconclusiveRule | undefined;
  /** Most samples that may have ended in an error: a whole number, or, below 1, a share of all samples. 0 by default. */
  readonly maxErrors?: number;
  /** Fewest samples with a value, in all, for each score that is demanded, and in common with a baseline. 1 by default. */
  readonly minSamples?: number;
  /** The least value of each sample, by score: a mean hides a sample that always fails. */
  readonly perSample?: PerSample;
  /** What an earlier run had is the bar, sample by sample. */
  readonly vsBaseline?: VsBaseline;
  /** What an inconclusive outcome means for the test: `warn`, the default, passes it, and the report says so. */
  readonly inconclusive?: InconclusiveRule;
}

/** The least value that every sample must have, by score. */
export type PerSample = Readonly<Record<string, number>>;

/** A comparison with an earlier run, of every score, over the samples that both have. */
export interface VsBaseline {
  /** The name of the run, whose logs are in `.evals`. */
  readonly run: string;
  /** How much lower a mean may be, in the units of the score; 0 by default. */
  readonly maxDrop?: number;
}

/** What becomes of a test whose gate is inconclusive. */
export type InconclusiveRule = 'pass' | 'warn' | 'fail';

/** One score, as {@link evaluateGate} wants it. */
export interface GatedScore extends Pick<Estimate, 'interval'> {
  readonly name: string;
  /** Samples that have a value. */
  readonly count: number;
  /** Null if there is none. */
  readonly mean: number | null;
}

/** What an evaluation found, as {@link evaluateGate} wants it. */
export interface GateSummary {
  /** All samples, those with errors included. */
  readonly samples: number;
  readonly errors: number;
  readonly scores: readonly GatedScore[];
  /** The samples' values by score; wanted by `perSample` and `vsBaseline`. */
  readonly samplesOf?: ReadonlyMap<string, readonly SampleScore[]>;
  /** Those of the baseline, or why there are none. */
  readonly baseline?: ReadonlyMap<string, readonly SampleScore[]> | string | undefined;
}

/** `inconclusive` means that there are too few samples to tell. */
export type GateOutcome = 'pass' | 'fail' | 'inconclusive';

/** What {@link evaluateGate} found. */
export interface GateVerdict {
  /** The worst of all conditions: fail before inconclusive before pass. */
  readonly outcome: GateOutcome;
  /** One line, with the numbers, for each condition with that outcome. */
  readonly reasons: string[];
}

/**
 * Holds an evaluation to its gate. What is not there does not pass: no samples, a score that no sample has, a mean that is no
 * number all fail.
 *
 * @throws ModelProviderError `EVAL_INVALID` as {@link checkGate} does.
 * @example
 * const { outcome, reasons } = evaluateGate({ accuracy: { min: 0.8 }, maxErrors: 0.02 }, summary);
 */
export function evaluateGate(gate: Gate, summary: GateSummary): GateVerdict {
  const { maxErrors, minSamples, perSample, vsBaseline, scores } = checkGate(gate);
  const conditions = [
    enoughSamples(minSamples, summary),
    fewErrors(maxErrors, summary),
    ...scores.map(([name, demand]) => scoreReached(name, demand, minSamples, summary)),
    ...Object.entries(perSample).map(([name, least]) => everySample(name, least, summary)),
    ...(vsBaseline === undefined ? [] : notBelowBaseline(vsBaseline, minSamples, summary)),
  ];
  const outcome =
    (['fail', 'inconclusive'] as const).find((bad) => conditions.some((found) => found.outcome === bad)) ??
    'pass';
  return {
    outcome,
    reasons: conditions.filter((found) => found.outcome === outcome).map(({ reason }) => reason),
  };
}
