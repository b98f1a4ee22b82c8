import { ModelProviderError } from '../../pattern/errors';
import { pickColumns } from '../columns';
import { kindOf } from '../kind-of';
import { locationOf, rowLabel } from './row-location';
import { rowText } from './row-text';
import { sampleId } from './sample-id';
import { SeenIds } from './seen-ids';
import { passes, requirePassed, shuffled, type Selection } from './selection';

type Rows<Row> = Iterable<Row> | AsyncIterable<Row>;

/** Rows, or a function that gives them, which is called when the test runs. They are read one by one, when a sample can start. */
export type DataSet<Row> = Rows<Row> | (() => Rows<Row> | Promise<Rows<Row>>);

/** One row as `foreach` runs it. */
export interface Sample {
  /** The row's position in the data set, whatever was filtered or shuffled. */
  readonly index: number;
  /** How many samples were read before it. */
  readonly number: number;
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
export function readSamples<Row>(
  names: readonly string[],
  dataset: DataSet<Row>,
  selection: Selection<Row> = {},
): AsyncGenerator<Sample, void, undefined> {
  const { samples = Infinity, shuffle } = selection;
  return shuffle === undefined
    ? inOrder(names, dataset, selection, samples)
    : shuffled(inOrder(names, dataset, selection, Infinity), shuffle, samples);
}

// One generator does it all: each further one would cost a quick sample as much as its evaluation.
async function* inOrder<Row>(
  names: readonly string[],
  dataset: DataSet<Row>,
  selection: Selection<Row>,
  most: number,
): AsyncGenerator<Sample, void, undefined> {
  const rows: unknown = typeof dataset === 'function' ? await dataset() : dataset;
  requireRows<Row>(rows);
  const ids = new SeenIds();
  let [read, passed] = [0, 0];
  for await (const row of rows) {
    const index = read;
    read += 1;
    if (!passes(row, index, selection)) continue;
    passed += 1;
    yield sampleOf(names, row, index, selection, ids);
    if (passed === most) return;
  }
  requirePassed(read, passed);
}

function sampleOf<Row>(
  names: readonly string[],
  row: Row,
  index: number,
  { id, cluster }: Selection<Row>,
  ids: SeenIds,
): Sample {
  const location = locationOf(row);
  const label = rowLabel(index, location);
  const cells = pickColumns(names, row, label);
  const named = names.length === 1 ? { [names[0] as string]: cells } : (cells as Record<string, unknown>);
  const name = id === undefined ? sampleId(cells) : rowText('id', id, row, named, label);
  return {
    index,
    number: ids.add(name, index, label, cells),
    ...(location !== undefined && { location }),
    id: name,
    ...(cluster !== undefined && { cluster: rowText('cluster', cluster, row, named, label) }),
    cells,
  };
}

function requireRows<Row>(rows: unknown): asserts rows is Rows<Row> {
  if (typeof rows === 'object' && rows !== null && (Symbol.iterator in rows || Symbol.asyncIterator in rows))
    return;
  const isPromise = typeof rows === 'object' && rows !== null && 'then' in rows;
  const what = isPromise ? 'a promise' : kindOf(rows);
  const hint = typeof rows === 'string' ? '; to read a file, give jsonl(path) or csv(path)' : '';
  throw new ModelProviderError(
    'EVAL_INVALID',
    `foreach(): the data set is ${what}; it must be an array, another iterable, an async iterable, or a function that gives one, or a promise of one${hint}.`,
  );
}
