import { ModelProviderError } from '../../base/errors';
import { showValue } from '../../base/json';
import { kindOf } from '../../base/kind-of';
import { randomDraws } from '../statistics/random-draws';
import { fromUser } from './row-text';

/**
 * Which rows of a data set are run, and how they are named. The filter comes first, then the shuffle, then
 * the limit. Functions get the row as the data set has it, with the columns that are not named as well: an
 * object, an array or a bare value.
 */
export interface Selection<Row = unknown> {
  /** At most so many samples; the rows after them are not read. */
  readonly samples?: number;
  /**
   * The seed of a random order, the same on every machine. All rows are read before the first sample, and
   * held.
   */
  readonly shuffle?: number;
  /** Whether a row is run. */
  readonly filter?: (row: Row) => boolean;
  /**
   * What names a row in every run, by default a hash of its named columns: a column, named or not, or a
   * function.
   */
  readonly id?: string | ((row: Row) => string);
  /** What rows that belong together share, such as a document: a column, named or not, or a function. */
  readonly cluster?: string | ((row: Row) => string);
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
 * Whether the filter, if there is one, lets a row pass.
 *
 * @param label names the row in messages.
 * @throws ModelProviderError `EVAL_INVALID` for a filter that throws, or returns no boolean.
 */
export function passes<Row>(row: Row, label: string, { filter }: Selection<Row>): boolean {
  if (filter === undefined) return true;
  const answer: unknown = fromUser('filter', label, () => filter(row));
  if (typeof answer === 'boolean') return answer;
  throw invalid(`filter returned ${kindOf(answer)} for row ${label}; it must return a boolean`);
}

/** Refuses a filter that has left nothing of what was read: it is a mistake more often than not. */
export function requirePassed(read: number, passed: number): void {
  if (read > 0 && passed === 0) throw invalid(`filter leaves none of the ${read} rows`);
}

/** At most `most` of the items, in the random order of a seed. It takes them out of their list. */
export function* shuffled<Item>(left: Item[], seed: number, most: number): Generator<Item, void, undefined> {
  const draw = randomDraws(seed);
  // Fisher and Yates's shuffle, drawn as items are asked for.
  for (let drawn = 0; drawn < most && left.length > 0; drawn += 1) {
    const chosen = draw(left.length);
    const last = left.pop() as Item;
    if (chosen === left.length) yield last;
    else {
      yield left[chosen] as Item;
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
