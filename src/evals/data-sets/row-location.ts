import type { InexactNumber } from './inexact-numbers';

/** What is known of a row of a file besides what it holds. */
export interface RowFacts {
  /** File and line, `data/questions.jsonl:13`. */
  readonly location: string;
  /** Its numbers that became others when they were read. */
  readonly inexact?: readonly InexactNumber[];
  /** What to do about a column that is missing; the end of a message. */
  readonly hint?: string;
}

// Beside the rows, not in them: a row stays as its file has it.
const facts = new WeakMap<object, RowFacts>();

/** Notes where a row comes from, and returns the row. Only objects can be found again by `factsOf`. */
export function noteFacts<Row>(row: Row, known: RowFacts): Row {
  if (typeof row === 'object' && row !== null) facts.set(row, known);
  return row;
}

/** What is known of a row, if it comes from a file. */
export function factsOf(row: unknown): RowFacts | undefined {
  return typeof row === 'object' && row !== null ? facts.get(row) : undefined;
}

/** How messages name a row: by its number and, if it comes from a file, its location. */
export function rowLabel(index: number, location: string | undefined): string {
  return location === undefined ? `${index}` : `${index} (${location})`;
}
