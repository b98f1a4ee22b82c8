import Table from 'cli-table3';
import { printable } from '../../base/printable';
import { showCost, showUnpriced } from '../../evals/costs/show-cost';
import type { CallsSummary, CostSummary, Quantiles } from '../../evals/log/eval-summary';
import type { FiledOutcome } from '../read-evaluation';
import { showMs } from './numbers';

type Summary = FiledOutcome['summary'];
type Calls = Omit<CallsSummary, 'calls'>;

/** A line of the table. */
interface Row {
  readonly title: string;
  readonly name: string;
  readonly trials: number | string;
  readonly calls: Calls;
  /** The mean for a sample; undefined if it is not known, or nothing has a price. */
  readonly costPerSample?: number | undefined;
  readonly notes: string;
}

/**
 * What the evaluations took: latencies, tokens and costs, of the model and of each other resource that they
 * asked, and notes of errors by kind, answers that are none, retries, and trials that did not run. What no call
 * of them has, such as a time to the first token, has no column.
 */
export function costsTable(evaluations: readonly FiledOutcome[]): string {
  if (evaluations.length === 0) return '';
  const rows = evaluations.flatMap(rowsOf);
  const isStreamed = rows.some(({ calls }) => calls.firstTokenMs !== undefined);
  const isPriced = rows.some(({ costPerSample }) => costPerSample !== undefined);
  const table = new Table({
    head: [
      ...['evaluation', 'model', 'trials', 'p50', 'p95'],
      ...(isStreamed ? ['first token p50', 'p95'] : []),
      ...['tokens/s', 'tokens in', 'out', 'cost'],
      ...(isPriced ? ['per sample'] : []),
      'notes',
    ],
    style: { head: [], border: [] },
  });
  for (const { title, name, trials, calls, costPerSample, notes } of rows)
    table.push([
      ...[title, name, trials, ...showQuantiles(calls.latencyMs)],
      ...(isStreamed ? showQuantiles(calls.firstTokenMs ?? null) : []),
      ...[calls.tokensPerSecond === null ? '-' : calls.tokensPerSecond.toFixed(0), ...tokensOf(calls)],
      describeCost(calls.cost),
      ...(isPriced ? [costPerSample === undefined ? '-' : showCost(costPerSample)] : []),
      notes,
    ]);
  return table.toString();
}

function rowsOf({ title, model, summary }: FiledOutcome): Row[] {
  const { trials, durationMs, replayed = 0, others = {}, unattributed, costPerSample } = summary;
  // The model's latency where it is known: the duration of a trial includes its queueing.
  const latencyMs = summary.latencyMs ?? (replayed > 0 ? null : durationMs);
  return [
    {
      ...{ title: printable(title), name: printable(model) || '(no model)', trials, notes: notesOf(summary) },
      ...{ calls: { ...summary, latencyMs }, costPerSample: costPerSample?.mean },
    },
    ...Object.entries(others).map(([name, calls]) => rowOfOthers(printable(name), calls)),
    ...(unattributed === undefined ? [] : [rowOfOthers('(of no sample)', unattributed)]),
  ];
}

function rowOfOthers(name: string, calls: CallsSummary): Row {
  return {
    ...{ title: '', name: `  ${name}`, trials: '-', calls },
    notes: describeCounts({
      replayed: calls.replayed ?? 0,
      ...{ calls: calls.calls, 'failed calls': calls.failed ?? 0 },
      'asked for another model': calls.otherModels ?? 0,
    }),
  };
}

function showQuantiles(quantiles: Quantiles | null): string[] {
  return quantiles === null ? ['-', '-'] : [showMs(quantiles.p50), showMs(quantiles.p95)];
}

function tokensOf({ promptTokens, completionTokens }: Calls): string[] {
  if (promptTokens + completionTokens === 0) return ['-', '-'];
  return [promptTokens, completionTokens].map((count) => count.toLocaleString('en'));
}

function describeCost({
  amount,
  priced = 0,
  ownMachine = 0,
  unpriced = 0,
  wouldBe,
}: Partial<CostSummary> = {}): string {
  const isMixed = priced + ownMachine > 0;
  const parts = [
    priced > 0 ? showCost(amount ?? 0) : '',
    priced === 0 && ownMachine > 0 ? 'own machine' : '',
    wouldBe === undefined ? '' : `would be ${showCost(wouldBe)}`,
    unpriced > 0 ? (isMixed ? showUnpriced(unpriced) : 'unpriced') : '',
  ];
  return parts.filter((part) => part !== '').join(', ') || '-';
}

function notesOf({ errorKinds, answers, reused, retries, restarts, notRun, ...calls }: Summary): string {
  const { failed = 0, otherModels = 0, replayed = 0 } = calls;
  const ofCalls = { 'failed calls': failed, 'asked for another model': otherModels };
  const counts = { replayed, ...errorKinds, ...answers, ...ofCalls, reused, retries, restarts };
  return describeCounts({ ...counts, 'not run': notRun });
}

function describeCounts(counts: Readonly<Record<string, number>>): string {
  const notes = Object.entries(counts).filter(([, count]) => count > 0);
  return notes.map(([name, count]) => `${name} ${count}`).join(', ') || '-';
}
