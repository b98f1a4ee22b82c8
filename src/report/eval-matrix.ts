import Table from 'cli-table3';
import type { EvalRecord, ScoreSummary } from '../evals/eval-record';
import { printable } from '../pattern/printable';

/** A record, and the test file it came from. */
export type FiledRecord = EvalRecord & { readonly file: string };

/**
 * The models × evaluations matrix: a line per evaluation and score, a column per model. Empty if nothing was evaluated.
 * Evaluations of one title in several files are several; of a file that ran twice the last run counts.
 */
export function evalMatrix(records: readonly FiledRecord[]): string {
  if (records.length === 0) return '';
  // Files end in whatever order; the matrix has the same order every time.
  const ordered = [...records].sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
  const models = unique(ordered.map(({ model }) => model));
  const table = new Table({
    head: ['evaluation', 'score', 'samples', ...models.map((model) => printable(model) || '(no model)')],
    style: { head: [], border: [] },
  });
  for (const title of unique(ordered.map((record) => record.title))) {
    const titled = ordered.filter((record) => record.title === title);
    const files = unique(titled.map(({ file }) => file));
    for (const file of files) {
      const evaluation = titled.filter((record) => record.file === file);
      for (const score of scoreNames(evaluation)) {
        const samples = unique(evaluation.map((record) => String(record.samples))).join(' / ');
        table.push([
          printable(files.length === 1 ? title : `${title} (${file})`),
          printable(score),
          samples,
          ...models.map((model) => cell(evaluation, model, score)),
        ]);
      }
    }
  }
  return table.toString();
}

/** An evaluation without any score, since all its samples failed, has a line all the same. */
function scoreNames(evaluation: readonly EvalRecord[]): string[] {
  const names = unique(evaluation.flatMap(({ scores }) => scores.map(({ name }) => name)));
  return names.length === 0 ? ['-'] : names;
}

function cell(evaluation: readonly EvalRecord[], model: string, score: string): string {
  const record = evaluation.findLast((candidate) => candidate.model === model);
  const summary = record?.scores.find(({ name }) => name === score);
  if (record === undefined) return '-';
  const errors = record.errors === 0 ? [] : [`${record.errors} errors`];
  return [...(summary === undefined ? [] : [describe(summary)]), ...errors].join(', ') || '-';
}

function describe({ mean, interval, isBinary }: ScoreSummary): string {
  if (mean === null) return 'not applicable';
  const show = isBinary ? percent : decimal;
  return interval === undefined ? show(mean) : `${show(mean)} (${show(interval.low)}–${show(interval.high)})`;
}

function decimal(value: number): string {
  return value.toFixed(3);
}

function percent(value: number): string {
  return `${(value * 100).toFixed(1)} %`;
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
