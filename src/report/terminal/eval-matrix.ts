import Table from 'cli-table3';
import type { EvalOutcome } from '../../evals/log/eval-record';
import { printable } from '../../base/printable';
import { showCost } from '../../evals/costs/show-cost';
import { showValue } from './numbers';
import { isReplayed } from '../../evals/log/replayed-calls';
import type { FiledOutcome } from '../read-evaluation';
import type { ScoreSummary } from '../../evals/log/eval-summary';

/**
 * The models × evaluations matrix: a line per evaluation and score, a column per model. Empty if nothing was
 * evaluated. Evaluations of one title in several files are several. Of a file that ran twice the last run
 * counts.
 */
export function evalMatrix(outcomes: readonly FiledOutcome[]): string {
  if (outcomes.length === 0) return '';
  const [head = [], ...rows] = evalRows(outcomes);
  const table = new Table({ head: head.map(printable), style: { head: [], border: [] } });
  table.push(...rows.map((row) => row.map(printable)));
  return table.toString();
}

/** The cells of the matrix, its head first. */
export function evalRows(outcomes: readonly FiledOutcome[]): string[][] {
  // Files end in any order; the matrix always has the same.
  const ordered = [...outcomes].sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
  const models = unique(ordered.map(({ model }) => model));
  const rows = unique(ordered.map(({ title }) => title)).flatMap((title) => {
    const titled = ordered.filter((outcome) => outcome.title === title);
    const files = unique(titled.map(({ file }) => file));
    return files.flatMap((file) => {
      const evaluation = titled.filter((outcome) => outcome.file === file);
      const samples = unique(evaluation.map(({ summary }) => String(summary.samples))).join(' / ');
      return scoreNames(evaluation).map((score) => [
        title,
        score,
        samples,
        ...models.map((model) => cell(evaluation, model, score)),
      ]);
    });
  });
  return [['evaluation', 'score', 'samples', ...models.map((model) => model || '(no model)')], ...rows];
}

/** An evaluation without scores, since all its samples failed, has a line all the same. */
function scoreNames(evaluation: readonly EvalOutcome[]): string[] {
  const names = unique(evaluation.flatMap(({ summary }) => summary.scores.map(({ name }) => name)));
  return names.length === 0 ? ['-'] : names;
}

function cell(evaluation: readonly EvalOutcome[], model: string, score: string): string {
  const outcome = evaluation.findLast((candidate) => candidate.model === model);
  if (outcome === undefined) return '-';
  const { errors, notRun, scores } = outcome.summary;
  const found = scores.find(({ name }) => name === score);
  const parts = [
    ...(found === undefined ? [] : [describe(found)]),
    ...(errors === 0 ? [] : [`${errors} ${errors === 1 ? 'error' : 'errors'}`]),
    ...(errors === 0 || found?.withErrors === undefined
      ? []
      : [`as wrong ${describe({ ...found, notApplicable: 0, ...found.withErrors })}`]),
    ...(notRun === 0 ? [] : [`${notRun} not run`]),
    ...(isReplayed(outcome.summary) ? ['replayed'] : []),
    ...endOf(outcome, score),
  ];
  return parts.join(', ') || '-';
}

/** How an evaluation ended, unless it is complete and this score passed its gate. */
function endOf({ status, gate, summary: { budget } }: EvalOutcome, score: string): string[] {
  if (budget !== undefined)
    return [`budget spent at ${showCost(budget.spent)} of ${showCost(budget.maxCost)}`];
  if (status !== 'complete') return [ends[status]];
  if (gate.scores?.includes(score) === false) return [];
  return gate.outcome === 'pass' ? [] : [gate.outcome === 'fail' ? 'gate failed' : 'gate inconclusive'];
}

const ends = {
  interrupted: 'interrupted',
  lost: 'its model died',
  stopped: 'stopped',
  failed: 'broken off',
  spent: 'budget spent',
};

function describe({ mean, interval, isBinary, notApplicable }: ScoreSummary): string {
  if (mean === null) return 'not applicable';
  const show = (value: number): string => showValue(value, isBinary);
  const spread = interval === undefined ? '' : ` (${show(interval.low)}–${show(interval.high)})`;
  return `${show(mean)}${spread}${notApplicable === 0 ? '' : `, ${notApplicable} n/a`}`;
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
