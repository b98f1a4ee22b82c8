import { ModelProviderError } from '../../pattern/errors';
import { pickColumns } from '../columns';
import { kindOf } from '../kind-of';
import type { Source } from '../run-concurrently';
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
  readonly location: string | undefined;
  /** What names it in logs, the same in every run. No other sample of the evaluation has it. */
  readonly id: string;
  readonly cluster: string | undefined;
  /** The named columns, or the value of the only one. */
  readonly cells: unknown;
}

/**
 * Reads the selected rows of a data set one by one. From an asynchronous one, several may ask for the next sample at once: a
 * generator answers one after the other, and has ended for all after an error.
 *
 * @throws ModelProviderError `EVAL_INVALID` for what is no data set, for a row that lacks a column, for an id that is missing or
 *   taken, and for a filter that leaves nothing; what the rows themselves throw.
 */
export async function readSamples<Row>(
  names: readonly string[],
  dataset: DataSet<Row>,
  selection: Selection<Row> = {},
): Promise<Source<Sample>> {
  const rows: unknown = typeof dataset === 'function' ? await dataset() : dataset;
  requireRows<Row>(rows);
  const { samples = Infinity, shuffle } = selection;
  if (shuffle === undefined) return read(rows, new Reader(names, selection, samples));
  const all: Sample[] = [];
  for await (const sample of read(rows, new Reader(names, selection, Infinity))) all.push(sample);
  return shuffled(all, shuffle, samples);
}

function read<Row>(rows: Rows<Row>, reader: Reader<Row>): Source<Sample> {
  return Symbol.asyncIterator in rows ? readLater(rows, reader) : readNow(rows, reader);
}

function* readNow<Row>(rows: Iterable<Row>, reader: Reader<Row>): Generator<Sample, void, undefined> {
  for (const row of rows) {
    const sample = reader.take(row);
    if (sample !== undefined) yield sample;
    if (reader.isFull) return;
  }
  reader.end();
}

async function* readLater<Row>(
  rows: AsyncIterable<Row>,
  reader: Reader<Row>,
): AsyncGenerator<Sample, void, undefined> {
  for await (const row of rows) {
    const sample = reader.take(row);
    if (sample !== undefined) yield sample;
    if (reader.isFull) return;
  }
  reader.end();
}

/** Makes samples of rows. */
class Reader<Row> {
  readonly #names: readonly string[];
  readonly #selection: Selection<Row>;
  readonly #most: number;
  readonly #ids = new SeenIds();
  #read = 0;
  #passed = 0;

  constructor(names: readonly string[], selection: Selection<Row>, most: number) {
    this.#names = names;
    this.#selection = selection;
    this.#most = most;
  }

  /** The sample of the next row; undefined if the filter leaves it out. */
  take(row: Row): Sample | undefined {
    const index = this.#read;
    this.#read += 1;
    if (!passes(row, index, this.#selection)) return undefined;
    this.#passed += 1;
    return sampleOf(this.#names, row, index, this.#selection, this.#ids);
  }

  get isFull(): boolean {
    return this.#passed === this.#most;
  }

  /** To be called when all rows were read. */
  end(): void {
    requirePassed(this.#read, this.#passed);
  }
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
    location,
    id: name,
    cluster: cluster === undefined ? undefined : rowText('cluster', cluster, row, named, label),
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
