import { requireActual } from '../../base/actual';
import { isModelProviderError, messageOf } from '../../base/errors';
import { DataFile, rowsOf, type FileOptions, type FileRow } from './data-file';
import { decodedText } from './decoded-text';

const { pipeline, Readable } = process.getBuiltinModule('node:stream');

/** Options of {@link csv}. */
export interface CsvOptions extends FileOptions {
  /** What stands between two values; a comma by default. */
  readonly separator?: string;
}

const otherSeparators = [';', '\t', '|'];

/**
 * The rows of a CSV file, whose first line names the columns. All values are texts; lines without any value
 * are skipped. The file is read as the rows are used, anew each time, and never held whole.
 *
 * @param path absolute, or from the folder of the spec file, or a `file:` URL.
 * @throws ModelProviderError `EVAL_INVALID` for a path that is none, for an unknown option and, when the rows
 *   are read, for a file that cannot be read, for a byte that is none of its encoding, for a column named
 *   twice or not at all, for a quote that does not end, and for a row with another number of values than there
 *   are columns, naming file and line.
 * @example
 * foreach('question, answer', csv('questions.csv'), fn);
 * foreach('question, answer', csv('export.csv', { separator: ';', encoding: 'windows-1252' }), fn);
 */
export function csv<Row = Record<string, string>>(
  path: string | URL,
  options: CsvOptions = {},
): AsyncIterable<Row> {
  const file = new DataFile('csv', path, options, ['separator']);
  const { separator } = options;
  file.require('separator', separator, 'a text', typeof separator === 'string' && separator !== '');
  return rowsOf(file, () => rows<Row>(file, options));
}

async function* rows<Row>(
  file: DataFile,
  { encoding, separator = ',' }: CsvOptions,
): AsyncGenerator<FileRow<Row>> {
  // Loaded when needed: few specs need it.
  const { parse } = requireActual('csv-parse', ['node:stream']) as typeof import('csv-parse');
  let hint: string | undefined;
  let lastLine = 1;
  const parser = parse({
    delimiter: separator,
    columns: (names: string[]) => {
      hint = separatorHint(names, separator);
      return requireColumns(file, names);
    },
    info: true,
    on_record: (record: object, { lines }: { lines: number }) => {
      lastLine = lines;
      return record;
    },
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
  });
  // On an error both streams are destroyed, and the loop below throws it.
  pipeline(Readable.from(decodedText(file, encoding)), parser, () => undefined);
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: Row; info: { lines: number } }>) {
      const location = file.at(info.lines);
      yield { row: record, facts: hint === undefined ? { location } : { location, hint } };
    }
  } catch (error) {
    throw failure(file, error, lastLine);
  }
}

/** What may be wrong if a column is missed. */
function separatorHint(names: readonly string[], separator: string): string | undefined {
  const found = otherSeparators.find(
    (other) => other !== separator && names.some((name) => name.includes(other)),
  );
  if (found === undefined) return undefined;
  const shown = JSON.stringify(found);
  return `; its header has ${shown} in it: csv(path, { separator: ${shown.replaceAll('"', "'")} })`;
}

function requireColumns(file: DataFile, names: readonly string[]): string[] {
  const wrong = names.find((name, index) => name === '' || names.indexOf(name) !== index);
  if (wrong === undefined) return [...names];
  throw file.wrong(1, wrong === '' ? 'has a column without a name' : `names the column "${wrong}" twice`);
}

function failure(file: DataFile, error: unknown, lastLine: number): unknown {
  if (isModelProviderError(error)) return error;
  const { code, lines } = error as { code?: unknown; lines?: unknown };
  // It is noticed at the end of the file.
  if (code === 'CSV_QUOTE_NOT_CLOSED')
    return file.wrong(lastLine + 1, 'begins a row with a quote that does not end', error);
  return typeof lines === 'number'
    ? file.wrong(lines, `is no row: ${messageOf(error)}`, error)
    : file.unreadable(error);
}
