import { ModelProviderError } from '../../pattern/errors';
import { pickColumns } from '../columns';
import { kindOf } from '../kind-of';
import { locationOf, rowLabel } from './row-location';
import { rowText } from './row-text';
import { sampleId } from './sample-id';
import { SeenIds } from './seen-ids';
import { selectRows, type Selection } from './selection';

type Rows<Row> = Iterable<Row> | AsyncIterable<Row>;

/** Rows, or a function that gives them, which is called when the test runs. They are read one by one, when a sample can start. */
export type DataSet<Row> = Rows<Row> | (() => Rows<Row> | Promise<Rows<Row>>);

/** One row as `foreach` runs it. */
export interface Sample {
  /** The row's position in the data set, whatever was filtered or shuffled. */
  readonly index: number;
  /** File and line, for a row of a file. */
  readonly location?: string;
  /** What names it in logs, the same in every run. No other sample of the evaluation has it. */
  readonly id: string;
  readonly cluster?: string;
  /** The named columns, or the value of the only one. */
  readonly cells: unknown;
}

/**
 * Reads the selected rows of a data set one by one. Several may ask for the next sample at once: a generator answers one after the
 * other, and has ended for all after an error.
 *
 * @throws ModelProviderError `EVAL_INVALID` for what is no data set, for a row that lacks a column, for an id that is missing or
 *   taken, and for a filter that leaves nothing; what the rows themselves throw.
 */
export async function* readSamples<Row>(
  names: readonly string[],
  dataset: DataSet<Row>,
  selection: Selection<Row> = {},
): AsyncGenerator<Sample, void, undefined> {
  const rows: unknown = typeof dataset === 'function' ? await dataset() : dataset;
  requireRows<Row>(rows);
  const ids = new SeenIds();
  for await (const { row, index } of selectRows(rows, selection)) {
    const sample = sampleOf(names, row, index, selection);
    ids.add(sample.id, index, rowLabel(index, sample.location), sample.cells);
    yield sample;
  }
}

function sampleOf<Row>(
  names: readonly string[],
  row: Row,
  index: number,
  { id, cluster }: Selection<Row>,
): Sample {
  const location = locationOf(row);
  const label = rowLabel(index, location);
  const cells = pickColumns(names, row, label);
  const named = names.length === 1 ? { [names[0] as string]: cells } : (cells as Record<string, unknown>);
  return {
    index,
    ...(location !== undefined && { location }),
    id: id === undefined ? sampleId(cells) : rowText('id', id, row, named, label),
    ...(cluster !== undefined && { cluster: rowText('cluster', cluster, row, named, label) }),
    cells,
  };
}

function requireRows<Row>(rows: unknown): asserts rows is Rows<Row> {
  if (typeof rows === 'object' && rows !== null && (Symbol.iterator in rows || Symbol.asyncIterator in rows))
    return;
  throw new ModelProviderError(
    'EVAL_INVALID',
    `foreach(): the data set is ${kindOf(rows)}; it must be an array, another iterable, an async iterable, or a function that gives one.`,
  );
}
