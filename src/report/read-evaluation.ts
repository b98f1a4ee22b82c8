import type { EvalOutcome } from '../evals/eval-record';
import type { HeaderRecord } from '../evals/log/log-record';
import { readLog } from '../evals/log/read-log';
import type { SampleScore } from '../evals/statistics/sample-score';
import { SummaryBuilder } from '../evals/summary-builder';
import type { WorstSample } from '../evals/worst-samples';

/** An outcome, and the test file it came from. */
export type FiledOutcome = EvalOutcome & { readonly file: string };

/** A sample that deserves a look, and where it comes from. */
export type FiledSample = WorstSample & { readonly title: string; readonly model: string };

/** What the log of one evaluation with one model says; the samples themselves are not held. */
export interface ReadEvaluation {
  readonly header: HeaderRecord;
  readonly outcome: FiledOutcome;
  /** One value a sample, by the name of the score; trials are reduced by their mean. */
  readonly scores: ReadonlyMap<string, readonly SampleScore[]>;
  readonly worst: readonly FiledSample[];
}

/** @throws ModelProviderError `LOG_INVALID`. */
export function readEvaluation(path: string): ReadEvaluation {
  const log = readLog(path);
  const { header, footer } = log;
  const { file, title, model } = header;
  const builder = new SummaryBuilder();
  log.eachSample((sample) => builder.add(sample, false));
  const { summary, scores, worst } = builder.finish({ notRun: 0, restarts: log.restarts });
  const outcome: FiledOutcome = {
    file,
    title,
    model,
    // Without a footer the process was killed.
    status: footer?.status ?? 'interrupted',
    summary: footer?.summary ?? summary,
    gate: footer?.gate ?? { outcome: 'fail', reasons: ['the run did not end'] },
    log: path,
  };
  return { header, outcome, scores, worst: worst.map((sample) => ({ ...sample, title, model })) };
}
