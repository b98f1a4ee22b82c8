import type { CallsSummary, EvalSummary } from './eval-summary';

/** How many of the calls of an evaluation have recorded answers. */
export interface ReplayedCalls {
  /** Those of the model, of the other resources and of no sample. */
  readonly replayed: number;
  /** All calls, those that failed included. */
  readonly calls: number;
}

/** Whether any answer of an evaluation is a recorded one: then none of it counts as live. */
export function isReplayed(summary: EvalSummary): boolean {
  return replayedCalls(summary).replayed + (summary.replayedAnswers ?? 0) > 0;
}

/** Counts the calls with recorded answers. */
export function replayedCalls(summary: EvalSummary): ReplayedCalls {
  const { others = {}, unattributed } = summary;
  const all = [summary, ...Object.values(others), ...(unattributed === undefined ? [] : [unattributed])];
  const sum = (count: (of: (typeof all)[number]) => number): number =>
    all.reduce((total, of) => total + count(of), 0);
  const replayed = sum((of) => of.replayed ?? 0);
  return { replayed, calls: replayed + sum(askedCalls) };
}

/** The calls that somebody has answered or refused: each of them has a cost, or one that is not known. */
function askedCalls({ cost }: Pick<CallsSummary, 'cost'>): number {
  return (cost?.priced ?? 0) + (cost?.ownMachine ?? 0) + (cost?.unpriced ?? 0);
}
