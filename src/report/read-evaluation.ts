import type { EvalOutcome } from '../evals/eval-record';
import type { HeaderRecord } from '../evals/log/log-record';
import { readLog } from '../evals/log/read-log';
import type { SampleScore } from '../evals/statistics/sample-score';
import { summarizeLog } from '../evals/summarize-log';
import type { WorstSample } from '../evals/worst-samples';

/** An outcome, and the test file it came from. */
export type FiledOutcome = EvalOutcome & { readonly file: string };

/** A sample that deserves a look, and where it comes from. */
export type FiledSample = WorstSample & { readonly title: string; readonly model: string };

/** What the log of one evaluation with one model says; the samples themselves are not held. */
export interface ReadEvaluation {
  readonly header: HeaderRecord;
  readonly outcome: FiledOutcome;
  /** One value a sample, by the name of the score; trials are reduced by their mean. Reads the log anew. */
  scores(): ReadonlyMap<string, readonly SampleScore[]>;
  readonly worst: readonly FiledSample[];
}

/** @throws ModelProviderError `LOG_INVALID`. */
export function readEvaluation(path: string): ReadEvaluation {
  const log = readLog(path);
  const { header, footer } = log;
  const { file, title, model } = header;
  const { summary, worst } = footer ?? summarizeLog(log);
  const outcome: FiledOutcome = {
    file,
    title,
    model,
    // Without a footer the process was killed.
    status: footer?.status ?? 'interrupted',
    summary,
    gate: footer?.gate ?? { outcome: 'fail', reasons: ['the run did not end'] },
    log: path,
  };
  return {
    header,
    outcome,
    scores: () => summarizeLog(log).scores,
    worst: worst.map((sample) => ({ ...sample, title, model })),
  };
}
