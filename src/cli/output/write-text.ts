import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * Writes pieces of text to a file, or to standard output. A reader that closes early, such as `head`, is no
 * error.
 */
export async function writeText(pieces: Iterable<string>, path: string | undefined): Promise<void> {
  if (path !== undefined) return pipeline(Readable.from(pieces), createWriteStream(path, { mode: 0o600 }));
  try {
    await pipeline(Readable.from(pieces), process.stdout, { end: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
}
