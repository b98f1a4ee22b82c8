import { ModelProviderError } from '../../base/errors';
import { fromEntries, isArray } from '../../base/hot-globals';
import { kindOf } from '../../base/kind-of';

type Trim<Text extends string> = Text extends ` ${infer Rest}` | `${infer Rest} ` ? Trim<Rest> : Text;

/** The names in a list of columns, `'question, answer'`, in its order. */
export type ColumnNames<Columns extends string> = Columns extends `${infer First},${infer Rest}`
  ? [Trim<First>, ...ColumnNames<Rest>]
  : [Trim<Columns>];

/** Where a name stands among others, as the key of a tuple. */
type PositionOf<Name, Names extends readonly unknown[]> = {
  [Position in keyof Names]: Names[Position] extends Name ? Position : never;
}[number];

/** A row that is an array has its cells in the order of the columns. */
type Cell<Row, Name, Names extends readonly unknown[]> = Row extends readonly (infer Item)[]
  ? number extends Row['length']
    ? Item
    : PositionOf<Name, Names> extends infer Position extends keyof Row
      ? Row[Position]
      : unknown
  : Name extends keyof Row
    ? Row[Name]
    : unknown;

/** Any value at all. The tuple among them makes the compiler see `['2 + 3', 5]` as a text and a number. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- all but null and undefined
export type AnyRow = readonly [unknown, ...unknown[]] | {} | null | undefined;

/**
 * What a sample's function gets: an object of the named columns, or the value itself if one column is named.
 */
export type SampleOf<Columns extends string, Row> = Columns extends `${string},${string}`
  ? { [Name in ColumnNames<Columns>[number]]: Cell<Row, Name, ColumnNames<Columns>> }
  : Row extends object
    ? Cell<Row, ColumnNames<Columns>[0], ColumnNames<Columns>>
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
 * @param hint what to do about a missing column; the end of a message.
 * @throws ModelProviderError `EVAL_INVALID` naming the row and the missing column.
 */
export function pickColumns(names: readonly string[], row: unknown, label: string, hint = ''): unknown {
  if (names.length === 1) return cell(row, names[0] as string, 0, 1, label, hint);
  return fromEntries(
    names.map((name, position) => [name, cell(row, name, position, names.length, label, hint)]),
  );
}

function cell(
  row: unknown,
  name: string,
  position: number,
  count: number,
  label: string,
  hint: string,
): unknown {
  if (isArray(row)) {
    if (row.length === count) return row[position] as unknown;
    throw missing(
      `row ${label} has ${row.length} values for ${count} ${count === 1 ? 'column' : 'columns'}${hint}`,
    );
  }
  if (typeof row !== 'object' || row === null) {
    if (count === 1) return row;
    throw missing(`row ${label} is ${kindOf(row)}, but ${count} columns are named`);
  }
  if (hasColumn(row, name)) return (row as Record<string, unknown>)[name];
  // Quoted, so that a space or a mark at the end of a name is seen.
  const names = Object.keys(row).map((known) => JSON.stringify(known));
  throw missing(`row ${label} has no column "${name}"; it has ${names.join(', ') || 'none'}${hint}`);
}

/** Also of a class's getters, but not of what every object has, such as `constructor`. */
export function hasColumn(row: object, name: string): boolean {
  return Object.hasOwn(row, name) || (name in row && !(name in Object.prototype));
}

function missing(what: string): ModelProviderError {
  return new ModelProviderError('EVAL_INVALID', `foreach(): ${what}.`);
}
