import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stateDirectory } from './state-directory';

type Known = Record<string, { readonly stamp: string; readonly hash: string }>;

const mostKnown = 500;

/**
 * The SHA-256 of a file's content, in hex. Weights have gigabytes, so hashes are remembered per user, for as long as the file's
 * size and time of change stay the same; the file that remembers them may be deleted at any time.
 *
 * @throws what reading the file throws.
 */
export async function fileHash(path: string): Promise<string> {
  const file = resolve(path);
  const { size, mtimeNs, ino } = statSync(file, { bigint: true });
  const stamp = [size, mtimeNs, ino].join(' ');
  const memory = join(stateDirectory(), 'file-hashes.json');
  const known = recall(memory)[file];
  if (known?.stamp === stamp) return known.hash;
  const hash = await digest(file);
  // Other files may have been hashed meanwhile.
  const { [file]: _before, ...others } = recall(memory);
  const entries = [...Object.entries(others), [file, { stamp, hash }] as const];
  remember(memory, Object.fromEntries(entries.slice(-mostKnown)));
  return hash;
}

async function digest(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function recall(memory: string): Known {
  try {
    return JSON.parse(readFileSync(memory, 'utf8')) as Known;
  } catch {
    return {};
  }
}

function remember(memory: string, known: Known): void {
  try {
    const draft = `${memory}.${process.pid}`;
    writeFileSync(draft, JSON.stringify(known), { mode: 0o600 });
    renameSync(draft, memory);
  } catch {
    // Only a memory: the next one hashes anew.
  }
}
