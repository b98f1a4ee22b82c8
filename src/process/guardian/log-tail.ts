import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { redact } from '../../base/secrets';
import { writtenBytes } from './log-cap';
import { stripControl } from '../output/strip-control';

const tailBytes = 64 * 1024;

/** The last `lines` lines of a log file, without secrets and escape codes; empty if there is no such file. */
export function readLogTail(path: string, lines: number): string[] {
  return (
    readEnd(path)
      .split(/\r?\n|\r/)
      // Before the secrets, because an escape code may be inside a secret.
      .map((line) => stripControl(line).trimEnd())
      .filter((line) => line !== '')
      .slice(-lines)
      .map((line) => redact(line))
  );
}

/** How many bytes were written to a log file, those included that it has lost; 0 if there is none. */
export function logSize(path: string): number {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return 0;
  }
  try {
    return writtenBytes(file);
  } finally {
    closeSync(file);
  }
}

function readEnd(path: string): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return '';
  }
  try {
    const { size } = fstatSync(file);
    const buffer = Buffer.alloc(Math.min(size, tailBytes));
    const read = readSync(file, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8', 0, read);
  } finally {
    closeSync(file);
  }
}
