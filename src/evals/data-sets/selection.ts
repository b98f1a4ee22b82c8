import { ModelProviderError } from '../../pattern/errors';
import { showValue } from '../../pattern/json';
import { kindOf } from '../kind-of';
import { randomDraws } from '../statistics/random-draws';
import { locationOf, rowLabel } from './row-location';
import { fromUser } from './row-text';

/** Which rows of a data set are run, and how they are named. The filter comes first, then the shuffle, then the limit. */
export interface Selection<Row = unknown> {
  /** At most so many samples; the rows after them are not read. */
  readonly samples?: number;
  /** The seed of a random order, the same on every machine. All rows are read before the first sample, and held. */
  readonly shuffle?: number;
  /** Whether a row is run. */
  readonly filter?: (row: Row) => boolean;
  /** What names a row for good, by default a hash of its named columns: a column, named or not, or a function. */
  readonly id?: string | ((row: Row) => string);
  /** What rows that belong together share, such as a document: a column, named or not, or a function. */
  readonly cluster?: string | ((row: Row) => string);
}

/** A row with its position in the data set, from 0. */
export interface SelectedRow<Row> {
  readonly row: Row;
  readonly index: number;
}

/** @throws ModelProviderError `EVAL_INVALID` for an option that cannot be meant. */
export function requireSelection({ samples, shuffle, filter, id, cluster }: Selection<never>): void {
  demand(
    'samples',
    samples,
    'a whole number of at least 1',
    Number.isSafeInteger(samples) && (samples as number) >= 1,
  );
  demand('shuffle', shuffle, 'a seed, a whole number', Number.isSafeInteger(shuffle));
  demand('filter', filter, 'a function of a row', typeof filter === 'function');
  for (const [option, value] of Object.entries({ id, cluster })) {
    const fits = typeof value === 'function' || (typeof value === 'string' && value !== '');
    demand(option, value, 'the name of a column or a function of a row', fits);
  }
}

/**
 * The rows to run, read one by one.
 *
 * @throws ModelProviderError `EVAL_INVALID` for a filter that leaves nothing, throws, or returns no boolean.
 */
export async function* selectRows<Row>(
  rows: Iterable<Row> | AsyncIterable<Row>,
  { samples = Infinity, shuffle, filter }: Selection<Row>,
): AsyncGenerator<SelectedRow<Row>, void, undefined> {
  const filtered = filter === undefined ? numbered(rows) : passing(numbered(rows), filter);
  let left = samples;
  for await (const row of shuffle === undefined ? filtered : shuffled(filtered, shuffle)) {
    yield row;
    left -= 1;
    if (left === 0) return;
  }
}

async function* numbered<Row>(
  rows: Iterable<Row> | AsyncIterable<Row>,
): AsyncGenerator<SelectedRow<Row>, void, undefined> {
  let index = 0;
  for await (const row of rows) {
    yield { row, index };
    index += 1;
  }
}

async function* passing<Row>(
  rows: AsyncIterable<SelectedRow<Row>>,
  filter: (row: Row) => boolean,
): AsyncGenerator<SelectedRow<Row>, void, undefined> {
  let [read, passed] = [0, 0];
  for await (const selected of rows) {
    read += 1;
    if (!passes(selected, filter)) continue;
    passed += 1;
    yield selected;
  }
  if (read > 0 && passed === 0) throw invalid(`filter leaves none of the ${read} rows`);
}

function passes<Row>({ row, index }: SelectedRow<Row>, filter: (row: Row) => boolean): boolean {
  const label = rowLabel(index, locationOf(row));
  const answer: unknown = fromUser('filter', label, () => filter(row));
  if (typeof answer === 'boolean') return answer;
  throw invalid(`filter returned ${kindOf(answer)} for row ${label}; it must return a boolean`);
}

async function* shuffled<Row>(
  rows: AsyncIterable<SelectedRow<Row>>,
  seed: number,
): AsyncGenerator<SelectedRow<Row>, void, undefined> {
  const left: SelectedRow<Row>[] = [];
  for await (const row of rows) left.push(row);
  const draw = randomDraws(seed);
  // Fisher and Yates's shuffle, drawn as rows are asked for.
  while (left.length > 0) {
    const chosen = draw(left.length);
    const last = left.pop() as SelectedRow<Row>;
    if (chosen === left.length) yield last;
    else {
      yield left[chosen] as SelectedRow<Row>;
      left[chosen] = last;
    }
  }
}

function demand(option: string, value: unknown, what: string, fits: boolean): void {
  if (value === undefined || fits) return;
  throw invalid(`${option} is ${showValue(value)}; it must be ${what}`);
}

function invalid(what: string): ModelProviderError {
  return new ModelProviderError('EVAL_INVALID', `foreach(): ${what}.`);
}
