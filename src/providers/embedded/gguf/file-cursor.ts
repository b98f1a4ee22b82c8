import fs from 'node:fs';
import { ggufInvalid } from './gguf-invalid';

const chunkBytes = 64 * 1024;

/**
 * A GGUF header is a few KB to some tens of MB (vocabulary and merges). The limit keeps a crafted file of
 * many GB from being read whole.
 */
const headerLimit = 256 * 1024 * 1024;

/**
 * Reads the head of a file front to back, in chunks, little-endian. It never allocates more than the file
 * really holds, whatever lengths the file claims. Every method throws `GGUF_INVALID` when the file ends too
 * early.
 */
export class FileCursor {
  /** Size of the file in bytes. */
  readonly size: number;
  readonly path: string;
  /** Offset in the file of the next byte to be read. */
  position = 0;
  readonly #descriptor: number;
  #chunk: Buffer = Buffer.alloc(0);
  #chunkStart = 0;

  /**
   * Opens a regular file; the caller owns the cursor and closes it.
   *
   * @throws `GGUF_INVALID` when the path is missing, not a regular file, or not readable
   */
  constructor(path: string) {
    this.path = path;
    try {
      // Opening a FIFO would block, so what it is must be known before.
      const stats = fs.statSync(path);
      if (!stats.isFile()) {
        throw ggufInvalid(path, stats.isDirectory() ? 'is a directory' : 'is not a regular file');
      }
      this.#descriptor = fs.openSync(path, 'r');
      this.size = stats.size;
    } catch (error) {
      throw openError(path, error);
    }
  }

  /** Bytes from the position to the end of the file. */
  get remaining(): number {
    return this.size - this.position;
  }

  close(): void {
    fs.closeSync(this.#descriptor);
  }

  /** The next `length` bytes as a view that is valid until the next read; `what` names them in errors. */
  take(length: number, what: string): Buffer {
    const start = this.#advance(length, what);
    return this.#chunk.subarray(start, start + length);
  }

  uint32(what: string): number {
    return this.take(4, what).readUInt32LE();
  }

  uint64(what: string): bigint {
    return this.take(8, what).readBigUInt64LE();
  }

  /**
   * A 64-bit count of things that take at least `minimumBytes` each in the rest of the file.
   *
   * @throws `GGUF_INVALID` when the file is too short for that many
   */
  count(minimumBytes: number, what: string): number {
    const at = this.position;
    const claimed = this.uint64(what);
    if (claimed * BigInt(minimumBytes) > BigInt(this.remaining)) {
      throw ggufInvalid(
        this.path,
        `is truncated or corrupt: ${what} at byte ${at} is ${claimed}, more than the remaining ${this.remaining} bytes can hold`,
      );
    }
    return Number(claimed);
  }

  /** A length-prefixed UTF-8 string. */
  string(what: string): string {
    return this.take(this.count(1, `the length of ${what}`), what).toString('utf8');
  }

  /** Moves past `length` bytes and returns where in the chunk they begin. */
  #advance(length: number, what: string): number {
    if (length > this.remaining) {
      throw ggufInvalid(
        this.path,
        `is truncated: it ends at byte ${this.size}, but ${what} needs ${length} bytes from byte ${this.position} on`,
      );
    }
    if (this.position + length > headerLimit) {
      throw ggufInvalid(
        this.path,
        `has a header of more than ${headerLimit} bytes: ${what} lies beyond that`,
      );
    }
    const chunkEnd = this.#chunkStart + this.#chunk.length;
    if (this.position < this.#chunkStart || this.position + length > chunkEnd) this.#fill(length, what);
    const start = this.position - this.#chunkStart;
    this.position += length;
    return start;
  }

  #fill(length: number, what: string): void {
    const chunk = Buffer.allocUnsafe(Math.min(Math.max(length, chunkBytes), this.remaining));
    readFully(this.#descriptor, chunk, this.position, this.path, what);
    this.#chunk = chunk;
    this.#chunkStart = this.position;
  }
}

/**
 * Fills `target` from byte `position` of an open file.
 *
 * @throws `GGUF_INVALID` when the file ends first or cannot be read
 */
export function readFully(
  descriptor: number,
  target: Buffer,
  position: number,
  path: string,
  what: string,
): void {
  let filled = 0;
  while (filled < target.length) {
    let count: number;
    try {
      count = fs.readSync(descriptor, target, filled, target.length - filled, position + filled);
    } catch (error) {
      throw ggufInvalid(
        path,
        `cannot be read at byte ${position + filled} (${what}): ${String(error)}`,
        error,
      );
    }
    if (count === 0) {
      throw ggufInvalid(path, `is truncated: it ended at byte ${position + filled}, inside ${what}`);
    }
    filled += count;
  }
}

function openError(path: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'GGUF_INVALID') return error;
  const reason: Record<string, string> = {
    ENOENT: 'does not exist',
    ENOTDIR: 'does not exist: a part of its path is not a directory',
    EACCES: 'cannot be opened: permission denied',
    ERR_INVALID_ARG_VALUE: 'cannot exist: its path holds a null byte',
  };
  return ggufInvalid(path, reason[code ?? ''] ?? `cannot be opened: ${String(error)}`, error);
}
