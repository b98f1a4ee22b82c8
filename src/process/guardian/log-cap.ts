import { closeSync, fstatSync, ftruncateSync, openSync, readSync, statSync, writeSync } from 'node:fs';

const mebibyte = 1024 ** 2;
const most = 64 * mebibyte;
const kept = 16 * mebibyte;
const lookEveryMs = 100;
const mostRounds = 5;
const note = /^\n\[jest-model-provider: at least (\d+) bytes of this log were left out here\] *\n/;

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

/**
 * Takes the middle out of a log, which must be longer than what stays. What the server writes in the instant of the cut is
 * lost, and not counted.
 */
export function cutLog(path: string, keep = kept): void {
  // What stays is moved to its place, and then the rest is cut off: so what the server appends comes after it.
  const file = openSync(path, 'r+');
  try {
    const before = leftOut(file, keep);
    let to = fstatSync(file).size;
    let from = to - keep;
    // How many bytes are missing is known at the end. There are no more.
    const noteBytes = noteOf(before.bytes + to * 2).length;
    const place = keep + noteBytes;
    move(file, from, to, place);
    // What the server has written meanwhile. It may write faster than this moves.
    for (let round = 0; round < mostRounds; round += 1) {
      const { size } = fstatSync(file);
      if (size === to) break;
      if (size - from > 2 * keep) {
        from = size - keep;
        move(file, from, size, place);
      } else move(file, to, size, place + to - from);
      to = size;
    }
    const taken = from - keep - before.noteBytes + fstatSync(file).size - to;
    writeSync(file, noteOf(before.bytes + taken, noteBytes), keep);
    ftruncateSync(file, place + to - from);
  } finally {
    closeSync(file);
  }
}

/** Moves a part of a file to an earlier place. */
function move(file: number, from: number, to: number, place: number): void {
  const bytes = Buffer.alloc(to - from);
  writeSync(file, bytes, 0, readSync(file, bytes, 0, bytes.length, from), place);
}

/** The line in the place of what was left out, as long as it must be. */
function noteOf(bytes: number, length = 0): string {
  const text = `\n[jest-model-provider: at least ${bytes} bytes of this log were left out here]`;
  return `${text.padEnd(length - 1)}\n`;
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
