import type { Interval } from './statistics/interval';

/** The record type under which evaluations reach the reports. */
export const evalRecordType = 'eval';

/** One score over all samples of an evaluation. */
export interface ScoreSummary {
  readonly name: string;
  /** Samples that have the score. */
  readonly count: number;
  /** Samples to which it does not apply. */
  readonly notApplicable: number;
  /** Mean of the values, true being 1; null if there are none. */
  readonly mean: number | null;
  /** Of the mean. Absent if there are fewer than two values. */
  readonly standardError?: number;
  /** The 95 % interval of the mean. Absent if there is no value, or nothing is known of the spread. */
  readonly interval?: Interval;
  /** Whether every value was a boolean. */
  readonly isBinary: boolean;
}

/** What one `foreach` found with one model. A type, not an interface: it must be JSON. */
export type EvalRecord = {
  readonly title: string;
  /** The label of the model, or an empty text outside `withClient`. */
  readonly model: string;
  readonly samples: number;
  readonly errors: number;
  readonly scores: ScoreSummary[];
};
