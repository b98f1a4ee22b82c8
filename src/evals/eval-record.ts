import type { ErrorKind } from './log/log-record';
import type { GateVerdict } from './statistics/gate';
import type { Interval } from './statistics/interval';

/** The record type under which evaluations reach the reports. */
export const evalRecordType = 'eval';

/** One score over all samples of an evaluation, their trials reduced. */
export interface ScoreSummary {
  readonly name: string;
  /** Samples that have a value. */
  readonly count: number;
  /** Samples to which it does not apply. */
  readonly notApplicable: number;
  /** Mean of the values, true being 1; null if there are none. Samples with an error are left out. */
  readonly mean: number | null;
  /** Of the mean. Absent if there are fewer than two values. */
  readonly standardError?: number;
  /** The 95 % interval of the mean. Absent if there is no value, or nothing is known of the spread. */
  readonly interval?: Interval;
  /** Whether every value was a boolean. */
  readonly isBinary: boolean;
  /** The same with every errored sample counted as 0. Absent without errors. */
  readonly withErrors?: { readonly mean: number; readonly interval?: Interval };
}

/** Milliseconds. */
export interface Quantiles {
  readonly p50: number;
  readonly p95: number;
}

/** What one evaluation found. */
export interface EvalSummary {
  /** Samples that ended, those with errors included. */
  readonly samples: number;
  readonly trials: number;
  /** Samples of which a trial ended in an error. */
  readonly errors: number;
  /** Trials that ended in an error, by kind. */
  readonly errorKinds: Partial<Readonly<Record<ErrorKind, number>>>;
  /** Trials that never ran, because the run was interrupted or the resource lost. */
  readonly notRun: number;
  /** Trials taken over from an earlier run of the same name. */
  readonly reused: number;
  /** How often a trial was tried again after an infrastructure error. */
  readonly retries: number;
  readonly restarts: number;
  readonly scores: readonly ScoreSummary[];
  readonly durationMs: Quantiles | null;
  /** Of the model's calls; null if no built-in client was used. */
  readonly latencyMs: Quantiles | null;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Completion tokens per second of model time, all calls together. */
  readonly tokensPerSecond: number | null;
}

/** What one `foreach` found with one model, as it reaches the reports. A type, not an interface: it must be JSON. */
export type EvalOutcome = {
  readonly title: string;
  /** The label of the model, or an empty text outside `withClient`. */
  readonly model: string;
  readonly status: 'complete' | 'interrupted' | 'lost' | 'failed';
  readonly summary: EvalSummary;
  readonly gate: GateVerdict;
  /** Absolute path of the log. */
  readonly log: string;
};
