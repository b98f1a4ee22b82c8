import { closeSync, openSync, readSync } from 'node:fs';
import { messageOf, ModelProviderError } from '../../pattern/errors';
import { isRecord } from './is-record';
import { logSchema, type LogRecord } from './log-record';

const chunkBytes = 1 << 16;
const newline = 0x0a;

/** How a log ends. */
export interface LogEnd {
  /** Bytes of its complete lines. */
  readonly length: number;
  /** Bytes after them: a line that was being written when its process was killed. */
  readonly torn: number;
}

/**
 * Reads a log line by line, without holding it.
 *
 * @param visit called with each record and its number, from 0.
 * @throws ModelProviderError `LOG_INVALID` for a file that cannot be read, does not begin with a header of this schema, or has a
 *   line that is none of a log. A torn last line is no error.
 */
export function visitLog(path: string, visit: (record: LogRecord, number: number) => void): LogEnd {
  let number = 0;
  const take = (line: string): void => {
    const record = parse(path, number, line);
    if (number === 0) requireHeader(path, record);
    if (!isRecord(record)) throw damaged(path, number, 'is no line of a log');
    visit(record, number);
    number += 1;
  };
  const file = open(path);
  try {
    // One buffer for the whole file; it grows for a line that is longer.
    let buffer = Buffer.alloc(chunkBytes);
    let [filled, length] = [0, 0];
    for (let size = read(file, buffer, 0); size > 0; size = read(file, buffer, filled)) {
      filled += size;
      const bytes = buffer.subarray(0, filled);
      let start = 0;
      for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
        take(bytes.toString('utf8', start, end));
        start = end + 1;
      }
      buffer.copyWithin(0, start, filled);
      length += start;
      filled -= start;
      if (filled === buffer.length) buffer = Buffer.concat([buffer], 2 * filled);
    }
    return { length, torn: filled };
  } finally {
    closeSync(file);
  }
}

function read(file: number, buffer: Buffer, from: number): number {
  return readSync(file, buffer, from, buffer.length - from, null);
}

function open(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw new ModelProviderError('LOG_INVALID', `The log ${path} cannot be read: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}

function parse(path: string, number: number, line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw damaged(path, number, 'is not JSON', error);
  }
}

function damaged(path: string, number: number, what: string, cause?: unknown): ModelProviderError {
  return new ModelProviderError(
    'LOG_INVALID',
    `The log ${path} is damaged: line ${number + 1} ${what}. Move it away, and its samples are run again.`,
    { cause },
  );
}

function requireHeader(path: string, record: unknown): void {
  const { type, schema } = (record ?? {}) as { type?: unknown; schema?: unknown };
  if (type === 'header' && schema === logSchema) return;
  const found = type === 'header' ? `schema ${String(schema)}` : 'no header';
  throw new ModelProviderError(
    'LOG_INVALID',
    `${path} is no log of schema ${logSchema}: it begins with ${found}. Move it away, or read it with the version that wrote it.`,
  );
}
