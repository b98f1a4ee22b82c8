import { basename } from 'node:path';
import { logsOf } from '../evals/log/log-path';
import type { WorstSample } from '../evals/worst-samples';
import { adjustTogether, differencesOf, type Difference } from './difference';
import { readEvaluation, type FiledOutcome, type FiledSample, type ReadEvaluation } from './read-evaluation';
import { tellApart } from './tell-apart';

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

const worstShown = 20;

/**
 * Reads what a run has found from its logs, one after the other: ids and numbers are held, never the samples.
 *
 * @param logs paths of the logs to read; all of the run by default.
 * @throws ModelProviderError `LOG_INVALID`.
 */
export function readRun(directory: string, logs: readonly string[] = logsOf(directory)): RunReport {
  // Files end in whatever order; a report has the same order every time.
  const read = tellApart(logs.map(readEvaluation)).sort((a, b) => byText(a.outcome.file, b.outcome.file));
  return {
    run: basename(directory),
    directory,
    evaluations: read.map(({ outcome }) => outcome),
    differences: adjustTogether(differencesOfModels(read)),
    worst: read
      .flatMap(({ worst }) => worst)
      .sort((a, b) => rankOf(a) - rankOf(b))
      .slice(0, worstShown),
  };
}

function differencesOfModels(read: readonly ReadEvaluation[]): Difference[] {
  const keys = new Set(read.map(({ outcome }) => keyOf(outcome)));
  return [...keys].flatMap((key) => {
    const evaluations = read.filter(({ outcome }) => keyOf(outcome) === key);
    return differencesOf(evaluations[0]?.outcome.title ?? '', evaluations, ({ outcome }) => outcome.model);
  });
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
