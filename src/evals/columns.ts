import { ModelProviderError } from '../pattern/errors';
import { fromEntries, isArray } from './hot-globals';
import { kindOf } from './kind-of';

type Trim<Text extends string> = Text extends ` ${infer Rest}` | `${infer Rest} ` ? Trim<Rest> : Text;

/** The names in a list of columns, `'question, answer'`. */
export type ColumnNames<Columns extends string> = Columns extends `${infer First},${infer Rest}`
  ? Trim<First> | ColumnNames<Rest>
  : Trim<Columns>;

type Cell<Row, Name> = Row extends readonly (infer Item)[]
  ? Item
  : Name extends keyof Row
    ? Row[Name]
    : unknown;

/** What a sample's function gets: an object of the named columns, or the value itself if one column is named. */
export type SampleOf<Columns extends string, Row> = Columns extends `${string},${string}`
  ? { [Name in ColumnNames<Columns>]: Cell<Row, Name> }
  : Row extends object
    ? Cell<Row, ColumnNames<Columns>>
    : Row;

/**
 * Takes a list of column names apart.
 *
 * @throws ModelProviderError `EVAL_INVALID` for an empty name or one that occurs twice.
 */
export function parseColumns(columns: unknown): string[] {
  const names = typeof columns === 'string' ? columns.split(',').map((name) => name.trim()) : [''];
  const wrong = names.find((name, index) => name === '' || names.indexOf(name) !== index);
  if (wrong === undefined) return names;
  throw new ModelProviderError(
    'EVAL_INVALID',
    `foreach(): the columns ${JSON.stringify(columns)} must be names separated by commas, each once, for example "question, answer".`,
  );
}

/**
 * Picks the named columns out of one row: an object's properties, an array's items in order, or a bare value.
 *
 * @param label names the row in messages.
 * @throws ModelProviderError `EVAL_INVALID` naming the row and the missing column.
 */
export function pickColumns(names: readonly string[], row: unknown, label: string): unknown {
  if (names.length === 1) return cell(row, names[0] as string, 0, 1, label);
  return fromEntries(names.map((name, position) => [name, cell(row, name, position, names.length, label)]));
}

function cell(row: unknown, name: string, position: number, count: number, label: string): unknown {
  if (isArray(row)) {
    if (row.length === count) return row[position] as unknown;
    throw missing(`row ${label} has ${row.length} values for ${count} columns`);
  }
  if (typeof row !== 'object' || row === null) {
    if (count === 1) return row;
    throw missing(`row ${label} is ${kindOf(row)}, but ${count} columns are named`);
  }
  if (name in row) return (row as Record<string, unknown>)[name];
  throw missing(`row ${label} has no column "${name}"; it has ${Object.keys(row).join(', ') || 'none'}`);
}

function missing(what: string): ModelProviderError {
  return new ModelProviderError('EVAL_INVALID', `foreach(): ${what}.`);
}
