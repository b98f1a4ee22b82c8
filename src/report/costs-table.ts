import Table from 'cli-table3';
import { printable } from '../pattern/printable';
import { showMs } from './numbers';
import type { FiledOutcome } from './read-evaluation';

/** What the evaluations took: latencies, tokens, errors by kind, and what else is to be known about a run. */
export function costsTable(evaluations: readonly FiledOutcome[]): string {
  if (evaluations.length === 0) return '';
  const table = new Table({
    head: ['evaluation', 'model', 'trials', 'p50', 'p95', 'tokens/s', 'notes'],
    style: { head: [], border: [] },
  });
  for (const { title, model, summary } of evaluations) {
    // A model's latency where it is known: a sample's duration has its queueing in it.
    const { trials, latencyMs, durationMs, tokensPerSecond } = summary;
    const times = latencyMs ?? durationMs;
    table.push([
      printable(title),
      printable(model) || '(no model)',
      trials,
      times === null ? '-' : showMs(times.p50),
      times === null ? '-' : showMs(times.p95),
      tokensPerSecond === null ? '-' : tokensPerSecond.toFixed(0),
      notesOf(summary),
    ]);
  }
  return table.toString();
}

function notesOf({ errorKinds, reused, retries, restarts, notRun }: FiledOutcome['summary']): string {
  const counts = { ...errorKinds, reused, retries, restarts, 'not run': notRun };
  const notes = Object.entries(counts).filter(([, count]) => count > 0);
  return notes.map(([name, count]) => `${name} ${count}`).join(', ') || '-';
}
