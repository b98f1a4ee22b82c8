import Table from 'cli-table3';
import type { EvalRecord, ScoreSummary } from '../evals/eval-record';
import { wilsonInterval } from '../evals/wilson';
import { printable } from './printable';

/** The models × evaluations matrix: a line per evaluation and score, a column per model. Empty if nothing was evaluated. */
export function evalMatrix(records: readonly EvalRecord[]): string {
  if (records.length === 0) return '';
  const models = unique(records.map(({ model }) => model));
  const table = new Table({
    head: ['evaluation', 'score', 'samples', ...models.map((model) => printable(model) || '(no model)')],
    style: { head: [], border: [] },
  });
  for (const title of unique(records.map((record) => record.title))) {
    const evaluation = records.filter((record) => record.title === title);
    for (const score of unique(evaluation.flatMap(({ scores }) => scores.map(({ name }) => name)))) {
      const samples = unique(evaluation.map((record) => String(record.samples))).join(' / ');
      table.push([
        printable(title),
        printable(score),
        samples,
        ...models.map((model) => cell(evaluation, model, score)),
      ]);
    }
  }
  return table.toString();
}

function cell(evaluation: readonly EvalRecord[], model: string, score: string): string {
  const record = evaluation.findLast((candidate) => candidate.model === model);
  const summary = record?.scores.find(({ name }) => name === score);
  if (record === undefined || summary === undefined) return '-';
  return [describe(summary), ...(record.errors === 0 ? [] : [`${record.errors} errors`])].join(', ');
}

function describe({ mean, count, isBinary }: ScoreSummary): string {
  if (mean === null) return 'not applicable';
  if (!isBinary) return mean.toFixed(3);
  const { low, high } = wilsonInterval(Math.round(mean * count), count);
  return `${percent(mean)} (${percent(low)}–${percent(high)})`;
}

function percent(value: number): string {
  return `${(value * 100).toFixed(1)} %`;
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
