import Table from 'cli-table3';
import { printable } from '../../base/printable';
import { sizeOf } from './size';

/** What is known of a run without reading its logs. */
export interface RunFacts {
  readonly run: string;
  /** ISO 8601: when its logs were last written. */
  readonly at: string;
  readonly logs: number;
  /** Of all files in its folder. */
  readonly bytes: number;
}

/** Runs as text for people: those that are there, and what became of those that were to be deleted. */
export function describeRuns(found: {
  readonly runs: readonly RunFacts[];
  readonly removed: readonly string[];
  readonly inUse: readonly string[];
}): string {
  const { runs, removed, inUse } = found;
  return [
    ...removed.map((name) => `Deleted the run ${printable(name)}.`),
    ...inUse.map((name) => `The run ${printable(name)} stays: Jest may be writing it just now.`),
    ...(runs.length === 0 ? ['There is no run in .evals.'] : [tableOf(runs)]),
  ].join('\n');
}

function tableOf(runs: readonly RunFacts[]): string {
  const table = new Table({
    head: ['run', 'last written', 'logs', 'size'],
    style: { head: [], border: [] },
    colAligns: ['left', 'left', 'right', 'right'],
  });
  for (const { run, at, logs, bytes } of runs)
    table.push([printable(run), at.slice(0, 19).replace('T', ' '), String(logs), sizeOf(bytes)]);
  return table.toString();
}
