import { toUSVString } from 'node:util';
import type { Json } from '../../base/json';
import type { SampleRecord } from '../../evals/log/log-record';
import { readLog, type EvalLog } from '../../evals/log/read-log';
import type { ReadEvaluation } from '../read-evaluation';

type Cell = string | number | null;

const columns = [
  'file',
  'evaluation',
  'model',
  'id',
  'trial',
  'index',
  'location',
  'input',
  'response',
  'error_kind',
  'error',
  'duration_ms',
  'cost',
  'replayed',
];

/**
 * A run as CSV: a line for each trial, in the order in which they ended, and a column for each score.
 * True counts as 1. A text that a spreadsheet would take for a formula gets an apostrophe before it, see
 * https://owasp.org/www-community/attacks/CSV_Injection. What no text file can hold is U+FFFD.
 *
 * @throws ModelProviderError `LOG_INVALID`.
 */
export function* csvText(evaluations: readonly ReadEvaluation[]): Generator<string, void, undefined> {
  const logs = evaluations.map(({ outcome }) => readLog(outcome.log));
  const scores = [...new Set(logs.flatMap(scoreNames))];
  yield lineOf([...columns, ...scores]);
  for (const row of rows(logs, scores)) yield lineOf(row);
}

// By hand: what csv-stringify adds to a project would take a megabyte of each project.
function lineOf(row: readonly Cell[]): string {
  return `${row.map(written).join(',')}\n`;
}

/** https://www.rfc-editor.org/rfc/rfc4180 */
function written(cell: Cell): string {
  if (cell === null) return '';
  // Numbers are no formulas, not even negative ones.
  if (typeof cell === 'number') return String(cell);
  const text = harmless(cell).replace(/^(?=[=+\-@\t\r＝＋－＠])/, "'");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A reader that takes each line of a cell for a cell of its own must meet no formula either. */
function harmless(text: string): string {
  // eslint-disable-next-line no-control-regex -- some readers refuse the whole file for one of them
  const readable = toUSVString(text).replaceAll(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g, '\ufffd');
  return readable.replaceAll(/(?<=[\r\n])[^\S\r\n]*(?=[=+\-@＝＋－＠])/g, "$&'");
}

function scoreNames(log: EvalLog): string[] {
  const names = new Set<string>();
  log.eachSample((sample) => sample.scores.forEach(({ name }) => names.add(name)));
  return [...names];
}

function* rows(logs: readonly EvalLog[], names: readonly string[]): Generator<Cell[]> {
  for (const log of logs) {
    const { file, title, model } = log.header;
    const found: Cell[][] = [];
    log.eachSample((sample) => found.push([file, title, model, ...cellsOf(sample, names)]));
    yield* found;
  }
}

function cellsOf(sample: SampleRecord, names: readonly string[]): Cell[] {
  const { id, trial, index, location, input, response, error, durationMs, cost, calls = [], scores } = sample;
  const values = new Map(scores.map(({ name, value }) => [name, value === null ? null : Number(value)]));
  return [
    ...[id, trial, index, location ?? null, textOf(input), response ?? null],
    ...[error?.kind ?? null, error?.message ?? null, durationMs, cost ?? null],
    calls.filter(({ replayed }) => replayed === true).length,
    ...names.map((name) => values.get(name) ?? null),
  ];
}

function textOf(input: Json): string {
  return typeof input === 'string' ? input : JSON.stringify(input);
}
