import { basename } from 'node:path';
import { logsOf } from '../evals/log/log-path';
import {
  adjustTogether,
  differencesOf,
  type Difference,
  type DifferenceOptions,
  type Differences,
} from './difference';
import {
  readEvaluations,
  type FiledOutcome,
  type FiledSample,
  type ReadEvaluation,
  type UnreadableLog,
} from './read-evaluation';
import { withOneKind } from './score-kinds';
import { tellApart } from './tell-apart';
import { exactly } from '../base/exactly';
import type { Spent } from '../evals/log/eval-summary';
import { logSchema, type WorstSample } from '../evals/log/log-record';

/** What the logs of a run say. */
export interface RunReport {
  readonly run: string;
  /** Absolute path of the logs. */
  readonly directory: string;
  readonly evaluations: readonly FiledOutcome[];
  /** The logs that cannot be read; nothing else has what they would say. */
  readonly unreadable: readonly UnreadableLog[];
  /** Whether `EVALS_RUN` can go on with it: all of its logs can be read, and are of today's schema. */
  readonly canContinue: boolean;
  /** What the calls of its evaluations have cost. */
  readonly spent: Spent;
  /** P-values are adjusted for the number of all of them. Trials are reduced by their mean. */
  readonly differences: readonly Difference[];
  /** What could not be compared, and why, in words; absent if there is nothing. */
  readonly notCompared?: readonly string[];
  /** The worst of all, 20 at most. */
  readonly worst: readonly FiledSample[];
}

const worstShown = 20;

/**
 * Reads what a run has found from its logs, one after the other. It holds ids and numbers, never the samples.
 *
 * @param logs paths of the logs to read; all of the run by default.
 */
export function readRun(
  directory: string,
  logs: readonly string[] = logsOf(directory),
  options?: DifferenceOptions,
): RunReport {
  // Files end in any order; a report always has the same.
  const { read: all, unreadable } = readEvaluations(logs);
  const read = withOneKind(tellApart(all)).sort((a, b) => byText(a.outcome.file, b.outcome.file));
  const compared = differencesOfModels(read, options);
  const notCompared = compared.flatMap((found) => found.notCompared);
  return {
    run: basename(directory),
    directory,
    evaluations: read.map(({ outcome }) => outcome),
    unreadable,
    canContinue: unreadable.length === 0 && read.every(({ header }) => header.schema === logSchema),
    spent: spentOn(read.map(({ outcome }) => outcome)),
    differences: adjustTogether(compared.flatMap(({ differences }) => differences)),
    ...(notCompared.length > 0 && { notCompared }),
    worst: read
      .flatMap(({ worst }) => worst)
      .sort((a, b) => rankOf(a) - rankOf(b))
      .slice(0, worstShown),
  };
}

function differencesOfModels(read: readonly ReadEvaluation[], options?: DifferenceOptions): Differences[] {
  const keys = new Set(read.map(({ outcome }) => keyOf(outcome)));
  return [...keys].map((key) => {
    const evaluations = read.filter(({ outcome }) => keyOf(outcome) === key);
    const title = evaluations[0]?.outcome.title ?? '';
    return differencesOf(title, evaluations, ({ outcome }) => outcome.model, options);
  });
}

function spentOn(evaluations: readonly FiledOutcome[]): Spent {
  const all = evaluations.map(({ summary }) => summary.spent ?? { now: 0, total: 0 });
  const sum = (of: keyof Spent): number => exactly(all.reduce((total, spent) => total + spent[of], 0));
  return { now: sum('now'), total: sum('total') };
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
