import { messageOf, ModelProviderError } from '../../base/errors';
import { pickColumns } from './columns';
import { kindOf } from '../../base/kind-of';
import { printable } from '../../base/printable';
import { factsOfLast } from './data-file';
import type { InexactNumber } from './inexact-numbers';
import { factsOf, rowLabel, type RowFacts } from './row-location';
import { rowText } from './row-text';
import { sampleId } from './sample-id';
import { SeenIds } from './seen-ids';
import { passes, requirePassed, shuffled, type Selection } from './selection';

type Rows<Row> = Iterable<Row> | AsyncIterable<Row>;

/**
 * Rows, or a function that gives them, which is called when the test runs. They are read one by one, when a
 * sample can start.
 */
export type DataSet<Row> = Rows<Row> | (() => Rows<Row> | Promise<Rows<Row>>);

/**
 * Items that come one by one. Asynchronous only where it must be: a promise for each costs as much as a quick
 * sample.
 */
export type Source<Item> = Generator<Item, void, undefined> | AsyncGenerator<Item, void, undefined>;

/** One row as `foreach` runs it. */
export interface Sample {
  /** The row's position in the data set, before filter and shuffle. */
  readonly index: number;
  /** How many samples were read before it. */
  readonly number: number;
  /** File and line, for a row of a file. */
  readonly location: string | undefined;
  /** Names the sample in logs, the same in every run; unique within the evaluation. */
  readonly id: string;
  readonly cluster: string | undefined;
  /** The named columns, or the value of the only one. */
  readonly cells: unknown;
}

/**
 * Reads the selected rows of a data set one by one. From an asynchronous one, several may ask for the next
 * sample at once: a generator answers one after the other, and has ended for all after an error.
 *
 * @throws ModelProviderError `EVAL_INVALID` for what is no data set, for a row that lacks a column, for an id
 *   that is missing or taken, and for a filter that leaves nothing; what the rows themselves throw.
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
    const sample = reader.take(row, factsOf(row));
    if (sample !== undefined) yield sample;
    if (reader.isFull) return;
  }
  reader.end();
}

async function* readLater<Row>(
  rows: AsyncIterable<Row>,
  reader: Reader<Row>,
): AsyncGenerator<Sample, void, undefined> {
  const iterator = rows[Symbol.asyncIterator]();
  for await (const row of { [Symbol.asyncIterator]: () => iterator }) {
    const sample = reader.take(row, factsOfLast(iterator, row));
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
  #isNoted = false;

  constructor(names: readonly string[], selection: Selection<Row>, most: number) {
    this.#names = names;
    this.#selection = selection;
    this.#most = most;
  }

  /** The sample of the next row; undefined if the filter leaves it out. */
  take(row: Row, facts: RowFacts | undefined): Sample | undefined {
    const index = this.#read;
    this.#read += 1;
    const label = rowLabel(index, facts?.location);
    if (!passes(row, label, this.#selection)) return undefined;
    this.#passed += 1;
    const { id, cluster } = this.#selection;
    const cells = pickColumns(this.#names, row, label, facts?.hint);
    if (facts?.inexact !== undefined) this.#requireExact(facts, label);
    const named =
      this.#names.length === 1 ? { [this.#names[0] as string]: cells } : (cells as Record<string, unknown>);
    const name = id === undefined ? idOf(cells, label) : rowText('id', id, row, named, label);
    return {
      index,
      number: this.#ids.add(name, index, label, cells),
      location: facts?.location,
      id: name,
      cluster: cluster === undefined ? undefined : rowText('cluster', cluster, row, named, label),
      cells,
    };
  }

  /** A number that is used must be the one of the file. One that is not used is worth a note. */
  #requireExact({ inexact = [] }: RowFacts, label: string): void {
    const { id, cluster } = this.#selection;
    const used = new Set<unknown>([...this.#names, id, cluster]);
    const wrong = inexact.find(({ path: [column] }) => typeof column !== 'string' || used.has(column));
    const [first] = inexact;
    if (wrong !== undefined) throw invalid(`${describeInexact(wrong, label)}. ${exactFix}`);
    if (this.#isNoted || first === undefined) return;
    this.#isNoted = true;
    process.emitWarning(
      printable(`foreach(): ${describeInexact(first, label)}; no named column holds it. ${exactFix}.`),
    );
  }

  get isFull(): boolean {
    return this.#passed === this.#most;
  }

  /** To be called when all rows were read. */
  end(): void {
    requirePassed(this.#read, this.#passed);
  }
}

const exactFix =
  "Write it as a text in the file, or read all numbers as texts: jsonl(path, { numbers: 'text' })";

function describeInexact({ path, written }: InexactNumber, label: string): string {
  const where = path.length === 0 ? 'is' : `has in ${path.join('.')}`;
  return `row ${label} ${where} ${written.slice(0, 100)}, which no number of JavaScript can hold: it would be read as ${Number(written)}`;
}

function invalid(what: string): ModelProviderError {
  return new ModelProviderError('EVAL_INVALID', `foreach(): ${what}.`);
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

function idOf(cells: unknown, label: string): string {
  try {
    return sampleId(cells);
  } catch (error) {
    throw new ModelProviderError(
      'EVAL_INVALID',
      `foreach(): row ${label} cannot be read: ${messageOf(error)}; a getter or a toJSON() of it throws.`,
      { cause: error },
    );
  }
}
