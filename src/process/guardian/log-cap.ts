import { closeSync, fstatSync, ftruncateSync, openSync, readSync, statSync, writeSync } from 'node:fs';

const mebibyte = 1024 ** 2;
const most = 64 * mebibyte;
const kept = 16 * mebibyte;
const lookEveryMs = 100;
const note = /^\n\[jest-model-provider: at least (\d+) bytes of this log were left out here\]\n/;

/**
 * Keeps a server's log from filling the disk, until the file is gone: when it has grown past 64 MiB, its first
 * and its last 16 MiB stay. The server itself writes to the file, and goes on at its new end, because it was
 * opened for appending: so it never waits for this process, and outlives it.
 */
export function capLog(path: string): void {
  const timer = setInterval(() => {
    try {
      const size = statSync(path, { throwIfNoEntry: false })?.size;
      if (size === undefined) clearInterval(timer);
      else if (size > most) cutLog(path);
    } catch {
      // The next look tries again.
    }
  }, lookEveryMs).unref();
}

/** Takes the middle out of a log. What the server writes in the instant of the cut is lost, and not counted. */
export function cutLog(path: string, keep = kept): void {
  const file = openSync(path, 'r+');
  const end = openSync(path, 'a');
  try {
    const before = leftOut(file, keep);
    const last = Buffer.alloc(keep);
    const tail = [last];
    let size = fstatSync(file).size;
    readSync(file, last, 0, keep, size - keep);
    let taken = size - 2 * keep - before.noteBytes;
    // What the server has written meanwhile. It may write faster than this reads.
    const mostSize = size + keep;
    for (let more = 1; more > 0 && size < mostSize; size += more) {
      const chunk = Buffer.alloc(Math.max(0, Math.min(fstatSync(file).size, mostSize) - size));
      more = readSync(file, chunk, 0, chunk.length, size);
      tail.push(chunk.subarray(0, more));
    }
    taken += fstatSync(file).size - size;
    ftruncateSync(file, keep);
    const bytes = before.bytes + taken;
    const text = `\n[jest-model-provider: at least ${bytes} bytes of this log were left out here]\n`;
    writeSync(end, Buffer.concat([Buffer.from(text), ...tail]));
  } finally {
    closeSync(file);
    closeSync(end);
  }
}

/** The number of bytes that were written to an open log, those included that were left out. */
export function writtenBytes(file: number, keep = kept): number {
  const { bytes, noteBytes } = leftOut(file, keep);
  return fstatSync(file).size - noteBytes + bytes;
}

function leftOut(file: number, keep: number): { bytes: number; noteBytes: number } {
  const start = Buffer.alloc(100);
  const text = start.toString('latin1', 0, readSync(file, start, 0, start.length, keep));
  const [found = '', digits = '0'] = note.exec(text) ?? [];
  return { bytes: Number(digits), noteBytes: found.length };
}
