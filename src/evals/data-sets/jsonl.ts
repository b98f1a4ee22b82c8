import { createReadStream } from 'node:fs';
import { messageOf } from '../../pattern/errors';
import { DataFile, rowsOf } from './data-file';
import { locate } from './row-location';

/**
 * The rows of a JSON Lines file: a JSON value on each line; empty lines are passed over. The file is read as the rows are used,
 * anew each time, and never held whole.
 *
 * @param path absolute, or from the folder of the spec file, or a `file:` URL.
 * @throws ModelProviderError `EVAL_INVALID` for a path that is none and, when the rows are read, for a file that cannot be read and for a
 *   line that is not JSON, naming both.
 * @example
 * foreach('question, answer', jsonl<{ question: string; answer: string }>('questions.jsonl'), fn);
 */
export function jsonl<Row = Record<string, unknown>>(path: string | URL): AsyncIterable<Row> {
  return rowsOf(new DataFile('jsonl', path), rows<Row>);
}

async function* rows<Row>(file: DataFile): AsyncGenerator<Row, void, undefined> {
  let number = 0;
  for await (const line of lines(file)) {
    number += 1;
    // A byte order mark counts as white space.
    if (line.trim() !== '') yield locate(parse(file, number, line.trim()) as Row, file.at(number));
  }
}

// Not by readline: it also parts lines at U+2028 and U+2029, which JSON allows in its texts.
async function* lines(file: DataFile): AsyncGenerator<string, void, undefined> {
  let rest = '';
  const stream = createReadStream(file.path, 'utf8');
  try {
    for await (const chunk of stream as AsyncIterable<string>) {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() ?? '';
      yield* parts;
    }
  } catch (error) {
    throw file.unreadable(error);
  }
  yield rest;
}

function parse(file: DataFile, number: number, line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw file.wrong(number, `is not JSON: ${messageOf(error)}`, error);
  }
}
