import type { EvalProgress } from '../../pattern/eval-progress';
import type { EvalRun } from '../../pattern/eval-run';
import type { ReportRecord } from '../../pattern/session-client';
import type { LogClaims } from './log-claims';

/** What an evaluation found, and the test file or script that sent it. */
export type SessionRecord = ReportRecord & { readonly from: string };

/**
 * What evaluations and the process that reports them tell each other over the session's connections. Leases
 * need none of it.
 */
export interface EvalBoard {
  /** In the order in which they came. */
  readonly records: SessionRecord[];
  /** The run whose logs evaluations write; watch mode has one for each of its runs. */
  run: (() => Promise<EvalRun>) | undefined;
  readonly claims: LogClaims;
  showProgress(update: EvalProgress): void;
}
