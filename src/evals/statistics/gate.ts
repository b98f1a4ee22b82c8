import type { Estimate } from './estimate';
import type { SampleScore } from './sample-score';

/** What is demanded of one score. */
export interface ScoreGate {
  /** The bar, in the units of the score: 0.8 of a boolean one is 80 %. */
  readonly min: number;
  /**
   * Which number must reach the bar. `lower95`, the default: the lower end of the 95 % interval, which proves
   * it; if the interval has the bar inside, the outcome is inconclusive. `mean`: the mean itself, which fails
   * half of the time where the true mean is the bar. `upper95`: the upper end, which fails only what is
   * surely below.
   */
  readonly by?: 'lower95' | 'mean' | 'upper95';
}

/**
 * What is demanded of an evaluation: of scores by their names, of the errors, and of the number of samples.
 */
export interface Gate {
  readonly [score: string]: ScoreGate | number | PerSample | VsBaseline | InconclusiveRule | undefined;
  /**
   * Most samples that may have ended in an error: a whole number, or, below 1, a share of all samples. 0 by
   * default.
   */
  readonly maxErrors?: number;
  /**
   * Fewest samples with a value, in all, for each score that is demanded, and in common with a baseline. 1 by
   * default.
   */
  readonly minSamples?: number;
  /**
   * Most samples with an answer of the model that was cut at its limit of tokens: a whole number, or, below
   * 1, a share of all samples. Any number by default.
   */
  readonly maxCut?: number;
  /** Most samples with an answer of the model that has neither a text nor a call of a tool, as `maxCut`. */
  readonly maxEmpty?: number;
  /** The least value of each sample, by score: a mean hides a sample that always fails. */
  readonly perSample?: PerSample;
  /** The scores of an earlier run are the bar, sample by sample. */
  readonly vsBaseline?: VsBaseline;
  /**
   * What an inconclusive outcome means for the test: `warn`, the default, passes it, and the report says so.
   */
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
  /** Whether recorded answers may be compared with live ones; false by default, which does not pass. */
  readonly allowReplayed?: boolean;
}

/** What becomes of a test whose gate is inconclusive. */
export type InconclusiveRule = 'pass' | 'warn' | 'fail';

/** One score, as {@link evaluateGate} needs it. */
export interface GatedScore extends Pick<Estimate, 'interval'> {
  readonly name: string;
  /** Samples that have a value. */
  readonly count: number;
  /** Null if there is none. */
  readonly mean: number | null;
  /** Samples that ended without this score; not those to which it does not apply. 0 by default. */
  readonly missing?: number;
}

/** What an evaluation found, as {@link evaluateGate} needs it. */
export interface GateSummary {
  /** All samples, those with errors included. */
  readonly samples: number;
  readonly errors: number;
  readonly scores: readonly GatedScore[];
  /** Samples with such answers; needed by `maxCut` and `maxEmpty`. */
  readonly answers?: { readonly cut: number; readonly empty: number };
  /** The samples' values by score; needed by `perSample` and `vsBaseline`. */
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
  /** The scores whose conditions have that outcome; absent if a condition of all scores has it too. */
  readonly scores?: string[];
}
