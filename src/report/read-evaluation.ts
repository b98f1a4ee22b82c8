import { isModelProviderError } from '../base/errors';
import type { EvalOutcome } from '../evals/log/eval-record';
import { logsOf } from '../evals/log/log-path';
import type { HeaderRecord, WorstSample } from '../evals/log/log-record';
import { readLog } from '../evals/log/read-log';
import type { SummedUp } from '../evals/summary/summary-builder';
import { summarizeLog } from '../evals/summary/summarize-log';

/** An outcome, and the test file it came from. */
export type FiledOutcome = EvalOutcome & { readonly file: string };

/** A sample that deserves a look, and where it comes from. */
export type FiledSample = WorstSample & { readonly title: string; readonly model: string };

/** What the log of one evaluation with one model says; the samples themselves are not held. */
export interface ReadEvaluation {
  readonly header: HeaderRecord;
  readonly outcome: FiledOutcome;
  /**
   * One value a sample, by the name of the score, and what the model's calls have cost for it; trials are reduced
   * by their mean. Reads the log anew.
   */
  values(): Pick<SummedUp, 'scores' | 'costs'>;
  readonly worst: readonly FiledSample[];
}

/** A log that cannot be read, and why. */
export interface UnreadableLog {
  readonly log: string;
  readonly reason: string;
}

/** Logs, and those of them that cannot be read: one bad log hides no other. */
export interface ReadLogs {
  readonly read: readonly ReadEvaluation[];
  readonly unreadable: readonly UnreadableLog[];
}

/** Reads the logs of a run, one after the other. */
export function readLogsOf(directory: string): ReadLogs {
  return readEvaluations(logsOf(directory));
}

/** Reads logs, one after the other. */
export function readEvaluations(logs: readonly string[]): ReadLogs {
  const read: ReadEvaluation[] = [];
  const unreadable: UnreadableLog[] = [];
  for (const log of logs)
    try {
      read.push(readEvaluation(log));
    } catch (error) {
      if (!isModelProviderError(error, 'LOG_INVALID')) throw error;
      unreadable.push({ log, reason: error.message });
    }
  return { read, unreadable };
}

function readEvaluation(path: string): ReadEvaluation {
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
    values: () => summarizeLog(log),
    worst: worst.map((sample) => ({ ...sample, title, model })),
  };
}
