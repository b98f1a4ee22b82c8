import type { GateVerdict } from '../statistics/gate';
import type { EvalSummary } from './eval-summary';
import type { FooterRecord } from './log-record';

/** The record type under which evaluations reach the reports. */
export const evalRecordType = 'eval';

/**
 * What one `foreach` found with one model, as it reaches the reports. A type, not an interface: it must be
 * JSON.
 */
export type EvalOutcome = {
  readonly title: string;
  /** The label of the model, or an empty text outside `withClient`. */
  readonly model: string;
  readonly status: FooterRecord['status'];
  readonly summary: EvalSummary;
  readonly gate: GateVerdict;
  /** Absolute path of the log. */
  readonly log: string;
};
