// Beside the rows, not in them: a row is its file's alone. Only objects have a place; errors name the others by their number.
const locations = new WeakMap<object, string>();

/** Notes where a row comes from, `data/questions.jsonl:13`, and returns the row. */
export function locate<Row>(row: Row, location: string): Row {
  if (typeof row === 'object' && row !== null) locations.set(row, location);
  return row;
}

/** Where a row comes from, if it comes from a file. */
export function locationOf(row: unknown): string | undefined {
  return typeof row === 'object' && row !== null ? locations.get(row) : undefined;
}

/** How messages name a row: by its number and, if it comes from a file, by its place there. */
export function rowLabel(index: number, location: string | undefined): string {
  return location === undefined ? `${index}` : `${index} (${location})`;
}
