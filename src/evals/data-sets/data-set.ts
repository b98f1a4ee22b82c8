import { ModelProviderError } from '../../pattern/errors';
import { pickColumns } from '../columns';
import { kindOf } from '../kind-of';
import { rowLabel } from './row-location';

type Rows<Row> = Iterable<Row> | AsyncIterable<Row>;

/** Rows, or a function that gives them, which is called when the test runs. They are read one by one, when a sample can start. */
export type DataSet<Row> = Rows<Row> | (() => Rows<Row> | Promise<Rows<Row>>);

/** One row as `foreach` runs it. */
export interface Sample {
  readonly index: number;
  /** How messages name it. */
  readonly label: string;
  /** The named columns, or the value of the only one. */
  readonly cells: unknown;
}

/**
 * Reads a data set row by row. Several may ask for the next sample at once: a generator answers one after the other, and has ended
 * for all after an error.
 *
 * @throws ModelProviderError `EVAL_INVALID` for what is no data set, and for a row that lacks a column; what the rows themselves throw.
 */
export async function* readSamples(
  names: readonly string[],
  dataset: DataSet<unknown>,
): AsyncGenerator<Sample, void, undefined> {
  const rows: unknown = typeof dataset === 'function' ? await dataset() : dataset;
  requireRows(rows);
  let index = 0;
  for await (const row of rows) {
    const label = rowLabel(row, index);
    yield { index, label, cells: pickColumns(names, row, label) };
    index += 1;
  }
}

function requireRows(rows: unknown): asserts rows is Rows<unknown> {
  if (typeof rows === 'object' && rows !== null && (Symbol.iterator in rows || Symbol.asyncIterator in rows))
    return;
  throw new ModelProviderError(
    'EVAL_INVALID',
    `foreach(): the data set is ${kindOf(rows)}; it must be an array, another iterable, an async iterable, or a function that gives one.`,
  );
}
