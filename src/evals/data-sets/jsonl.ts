import { messageOf } from '../../base/errors';
import { DataFile, rowsOf, type FileOptions, type FileRow } from './data-file';
import { decodedText } from './decoded-text';
import { inexactNumbers, parseNumbersAsText } from './inexact-numbers';

/** Options of {@link jsonl}. */
export interface JsonlOptions extends FileOptions {
  /** `'text'` gives every number of the file as its text, digit by digit: for ids that no number can hold. */
  readonly numbers?: 'text';
}

/**
 * The rows of a JSON Lines file: a JSON value on each line; empty lines are skipped. The file is read as the
 * rows are used, anew each time, and never held whole.
 *
 * An integer that JavaScript's numbers cannot hold, such as an id of 64 bits, would silently become another
 * one. `foreach` refuses it in the columns that it uses.
 *
 * @param path absolute, or from the folder of the spec file, or a `file:` URL.
 * @throws ModelProviderError `EVAL_INVALID` for a path that is none, for an unknown option and, when the rows
 *   are read, for a file that cannot be read, for a byte that is none of its encoding and for a line that is
 *   not JSON, naming file and line.
 * @example
 * foreach('question, answer', jsonl<{ question: string; answer: string }>('questions.jsonl'), fn);
 * foreach('id, text', jsonl('posts.jsonl', { numbers: 'text' }), fn, { id: 'id' });
 */
export function jsonl<Row = Record<string, unknown>>(
  path: string | URL,
  options: JsonlOptions = {},
): AsyncIterable<Row> {
  const file = new DataFile('jsonl', path, options, ['numbers']);
  file.require('numbers', options.numbers, "'text'", options.numbers === 'text');
  return rowsOf(file, () => rows<Row>(file, options));
}

// The whole of a data set in one line is JSON, but no JSON Lines.
const ofArray =
  '; the line is an array, which is one row with a value for each column. If it holds many rows, write each on a line of its own';

async function* rows<Row>(file: DataFile, { encoding, numbers }: JsonlOptions): AsyncGenerator<FileRow<Row>> {
  let number = 0;
  for await (const line of lines(decodedText(file, encoding))) {
    number += 1;
    const text = line.trim();
    if (text === '') continue;
    const location = file.at(number);
    const row = parse(file, number, text, numbers) as Row;
    const inexact = numbers === 'text' ? [] : inexactNumbers(text);
    yield {
      row,
      facts: {
        location,
        ...(inexact.length > 0 && { inexact }),
        ...(Array.isArray(row) && { hint: ofArray }),
      },
    };
  }
}

// Not by readline: it also splits lines at U+2028 and U+2029, which JSON allows in its texts. The pieces of a
// long line are put together once.
async function* lines(text: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let pieces: string[] = [];
  for await (const chunk of text) {
    let from = 0;
    for (let at = chunk.indexOf('\n'); at !== -1; at = chunk.indexOf('\n', from)) {
      pieces.push(chunk.slice(from, at));
      yield pieces.join('');
      pieces = [];
      from = at + 1;
    }
    pieces.push(chunk.slice(from));
  }
  yield pieces.join('');
}

function parse(file: DataFile, number: number, line: string, numbers: 'text' | undefined): unknown {
  try {
    return numbers === 'text' ? parseNumbersAsText(line) : JSON.parse(line);
  } catch (error) {
    throw file.wrong(number, `is not JSON: ${messageOf(error)}`, error);
  }
}
