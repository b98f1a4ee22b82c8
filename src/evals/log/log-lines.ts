import { messageOf, ModelProviderError } from '../../base/errors';

const { closeSync, openSync, readSync } = process.getBuiltinModule('node:fs');

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
 * The complete lines of a log, read as they are asked for.
 *
 * @throws ModelProviderError `LOG_INVALID` for a file that cannot be read.
 */
export function* logLines(path: string): Generator<string, LogEnd, undefined> {
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
        yield bytes.toString('utf8', start, end);
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
