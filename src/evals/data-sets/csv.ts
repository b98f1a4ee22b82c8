import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { isModelProviderError, messageOf } from '../../pattern/errors';
import { DataFile, rowsOf } from './data-file';
import { locate } from './row-location';

/**
 * The rows of a CSV file, whose first line names the columns. All values are texts; empty lines are passed over. The file is
 * read as the rows are used, anew each time, and never held whole.
 *
 * @param path absolute, or from the folder of the spec file, or a `file:` URL.
 * @throws ModelProviderError `EVAL_INVALID` for a path that is none and, when the rows are read, for a file that cannot be read, for a
 *   column named twice or not at all, and for a row with another number of values than there are columns, naming file and line.
 * @example
 * foreach('question, answer', csv('questions.csv'), fn);
 */
export function csv<Row = Record<string, string>>(path: string | URL): AsyncIterable<Row> {
  return rowsOf(new DataFile('csv', path), rows<Row>);
}

async function* rows<Row>(file: DataFile): AsyncGenerator<Row, void, undefined> {
  // Loaded here, not at the top: few specs need it.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { parse } = require('csv-parse') as typeof import('csv-parse');
  const parser = parse({
    bom: true,
    columns: (names: string[]) => requireColumns(file, names),
    info: true,
    skip_empty_lines: true,
  });
  // Each ends the other; what ends the parser comes out of the loop.
  pipeline(createReadStream(file.path), parser, () => undefined);
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: Row; info: { lines: number } }>)
      yield locate(record, file.at(info.lines));
  } catch (error) {
    throw failure(file, error);
  }
}

function requireColumns(file: DataFile, names: readonly string[]): string[] {
  const wrong = names.find((name, index) => name === '' || names.indexOf(name) !== index);
  if (wrong === undefined) return [...names];
  throw file.wrong(1, wrong === '' ? 'has a column without a name' : `names the column "${wrong}" twice`);
}

function failure(file: DataFile, error: unknown): unknown {
  if (isModelProviderError(error)) return error;
  const { lines } = error as { lines?: unknown };
  return typeof lines === 'number'
    ? file.wrong(lines, `is no row: ${messageOf(error)}`, error)
    : file.unreadable(error);
}
