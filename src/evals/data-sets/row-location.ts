// Beside the rows, not in them: a row is its file's alone. Only objects have a place; errors name the others by their number.
const locations = new WeakMap<object, string>();

/** Notes where a row comes from, `data/questions.jsonl:13`, and returns the row. */
export function locate<Row>(row: Row, location: string): Row {
  if (typeof row === 'object' && row !== null) locations.set(row, location);
  return row;
}

/** How messages name a row: by its number and, if it comes from a file, by its place there. */
export function rowLabel(row: unknown, index: number): string {
  const location = typeof row === 'object' && row !== null ? locations.get(row) : undefined;
  return location === undefined ? String(index) : `${index} (${location})`;
}
