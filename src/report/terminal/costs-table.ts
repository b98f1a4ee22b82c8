import Table from 'cli-table3';
import { printable } from '../../base/printable';
import { showMs } from './numbers';
import type { CallsSummary } from '../../evals/log/eval-summary';
import type { FiledOutcome } from '../read-evaluation';

/**
 * What the evaluations took: latencies and tokens, of the model and of each other resource that they asked,
 * and notes of errors by kind, answers that are none, retries, and trials that did not run.
 */
export function costsTable(evaluations: readonly FiledOutcome[]): string {
  if (evaluations.length === 0) return '';
  const table = new Table({
    head: ['evaluation', 'model', 'trials', 'p50', 'p95', 'tokens/s', 'notes'],
    style: { head: [], border: [] },
  });
  for (const { title, model, summary } of evaluations) {
    // The model's latency where it is known: the duration of a trial includes its queueing.
    const { trials, latencyMs, durationMs, others = {}, unattributed } = summary;
    table.push([
      printable(title),
      printable(model) || '(no model)',
      trials,
      ...timesOf({ ...summary, latencyMs: latencyMs ?? durationMs }),
      notesOf(summary),
    ]);
    for (const [name, other] of Object.entries(others))
      table.push(['', `  ${printable(name)}`, '-', ...timesOf(other), `calls ${other.calls}`]);
    if (unattributed !== undefined)
      table.push(['', '  (of no sample)', '-', ...timesOf(unattributed), `calls ${unattributed.calls}`]);
  }
  return table.toString();
}

function timesOf({
  latencyMs,
  tokensPerSecond,
}: Pick<CallsSummary, 'latencyMs' | 'tokensPerSecond'>): string[] {
  return [
    latencyMs === null ? '-' : showMs(latencyMs.p50),
    latencyMs === null ? '-' : showMs(latencyMs.p95),
    tokensPerSecond === null ? '-' : tokensPerSecond.toFixed(0),
  ];
}

function notesOf({
  errorKinds,
  answers,
  reused,
  retries,
  restarts,
  notRun,
}: Pick<
  FiledOutcome['summary'],
  'errorKinds' | 'answers' | 'reused' | 'retries' | 'restarts' | 'notRun'
>): string {
  const counts = { ...errorKinds, ...answers, reused, retries, restarts, 'not run': notRun };
  const notes = Object.entries(counts).filter(([, count]) => count > 0);
  return notes.map(([name, count]) => `${name} ${count}`).join(', ') || '-';
}
