import { basename } from 'node:path';
import type { EvalOutcome } from '../evals/eval-record';
import { logsOf } from '../evals/log/log-path';
import { readLog } from '../evals/log/read-log';
import { compareAll, type AdjustedComparison } from '../evals/statistics/compare-all';
import { holm } from '../evals/statistics/holm';
import type { SampleScore } from '../evals/statistics/sample-score';
import { SummaryBuilder } from '../evals/summary-builder';
import type { WorstSample } from '../evals/worst-samples';

/** An outcome, and the test file it came from. */
export type FiledOutcome = EvalOutcome & { readonly file: string };

/** The difference of two models in one score of one evaluation. */
export type Difference = AdjustedComparison & {
  readonly file: string;
  readonly title: string;
  readonly score: string;
  /** Whether every value of the score was a boolean. */
  readonly isBinary: boolean;
};

/** A sample that deserves a look, and where it comes from. */
export type FiledSample = WorstSample & { readonly title: string; readonly model: string };

/** All that the logs of a run say. */
export interface RunReport {
  readonly run: string;
  /** Absolute path of the logs. */
  readonly directory: string;
  readonly evaluations: readonly FiledOutcome[];
  /** P-values are adjusted for the number of all of them. Trials are reduced by their mean. */
  readonly differences: readonly Difference[];
  /** The worst of all, 20 at most. */
  readonly worst: readonly FiledSample[];
}

interface ReadEvaluation {
  readonly outcome: FiledOutcome;
  readonly scores: ReadonlyMap<string, readonly SampleScore[]>;
  readonly worst: readonly FiledSample[];
}

const worstShown = 20;

/**
 * Reads what a run has found from its logs, one after the other: ids and numbers are held, never the samples.
 *
 * @param logs paths of the logs to read; all of the run by default.
 * @throws ModelProviderError `LOG_INVALID`.
 */
export function readRun(directory: string, logs: readonly string[] = logsOf(directory)): RunReport {
  // Files end in whatever order; a report has the same order every time.
  const read = logs.map(readEvaluation).sort((a, b) => byText(a.outcome.file, b.outcome.file));
  return {
    run: basename(directory),
    directory,
    evaluations: read.map(({ outcome }) => outcome),
    differences: differencesOf(read),
    worst: read
      .flatMap(({ worst }) => worst)
      .sort((a, b) => rankOf(a) - rankOf(b))
      .slice(0, worstShown),
  };
}

function readEvaluation(path: string): ReadEvaluation {
  const log = readLog(path);
  const { file, title, model } = log.header;
  const builder = new SummaryBuilder();
  log.eachSample((sample) => builder.add(sample, false));
  const { summary, scores, worst } = builder.finish({ notRun: 0, restarts: log.restarts });
  const outcome: FiledOutcome = {
    file,
    title,
    model,
    // Without a footer the process was killed.
    status: log.footer?.status ?? 'interrupted',
    summary: log.footer?.summary ?? summary,
    gate: log.footer?.gate ?? { outcome: 'fail', reasons: ['the run did not end'] },
    log: path,
  };
  return { outcome, scores, worst: worst.map((sample) => ({ ...sample, title, model })) };
}

function differencesOf(read: readonly ReadEvaluation[]): Difference[] {
  const keys = new Set(read.map(({ outcome }) => keyOf(outcome)));
  const found = [...keys].flatMap((key) => {
    const evaluation = read.filter(({ outcome }) => keyOf(outcome) === key);
    const names = new Set(evaluation.flatMap(({ scores }) => [...scores.keys()]));
    return [...names].flatMap((score) => compareModels(evaluation, score));
  });
  const adjusted = holm(found.map(({ p }) => p));
  return found.map((difference, index) => ({ ...difference, adjustedP: adjusted[index] ?? 1 }));
}

function compareModels(evaluation: readonly ReadEvaluation[], score: string): Difference[] {
  const [first] = evaluation;
  if (first === undefined) return [];
  const { file, title } = first.outcome;
  const models = evaluation.flatMap(({ outcome, scores }) => {
    const samples = scores.get(score) ?? [];
    return samples.length === 0 ? [] : [[outcome.model, samples] as const];
  });
  const summary = first.outcome.summary.scores.find(({ name }) => name === score);
  const isBinary = summary?.isBinary ?? false;
  return compareAll(Object.fromEntries(models)).map((comparison) => ({
    ...comparison,
    file,
    title,
    score,
    isBinary,
  }));
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function keyOf({ file, title }: FiledOutcome): string {
  return JSON.stringify([file, title]);
}

function rankOf({ error, scores }: WorstSample): number {
  if (error !== undefined) return -1;
  const values = scores.flatMap(({ value }) => (value === null ? [] : [Number(value)]));
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
