import type { EvalProgress } from '../../pattern/eval-progress';
import type { EvalRun } from '../../pattern/eval-run';
import type { ReportRecord } from '../../pattern/session-client';
import type { LogClaims } from './log-claims';
import type { Spending } from './spending';
import type { TestFiles } from './test-files';

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
  /** A mark of each option of the run, by its name: what tells apart those of two projects. */
  options: Readonly<Record<string, string>>;
  /** Whether a report of the run is written at its end, besides `summary.json`. */
  report: boolean;
  /** Whether the tables of the run are printed at its end. */
  tables: boolean;
  /** What the calls of the run have cost; watch mode has one for each of its runs. */
  spending: Spending;
  readonly claims: LogClaims;
  readonly files: TestFiles;
  /** Where the records and the session's events of this run begin; undefined once a person was told of them. */
  untold: { readonly records: number; readonly events: number } | undefined;
  showProgress(update: EvalProgress): void;
}
