import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stateDirectory } from './state-directory';

type Cache = Record<string, { readonly stamp: string; readonly hash: string }>;

const mostCached = 500;

/**
 * The SHA-256 of a file's content, in hex. Weights have gigabytes, so hashes are cached per user, for as long
 * as a file's size and time of change stay the same. The cache may be deleted at any time.
 *
 * @throws what reading the file throws.
 */
export async function fileHash(path: string): Promise<string> {
  const file = resolve(path);
  const { size, mtimeNs, ino } = statSync(file, { bigint: true });
  const stamp = [size, mtimeNs, ino].join(' ');
  const cacheFile = join(stateDirectory(), 'file-hashes.json');
  const cached = readCache(cacheFile)[file];
  if (cached?.stamp === stamp) return cached.hash;
  const hash = await digest(file);
  // Read again, because other files may have been hashed meanwhile.
  const { [file]: _before, ...others } = readCache(cacheFile);
  const entries = [...Object.entries(others), [file, { stamp, hash }] as const];
  writeCache(cacheFile, Object.fromEntries(entries.slice(-mostCached)));
  return hash;
}

async function digest(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function readCache(path: string): Cache {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Cache;
  } catch {
    return {};
  }
}

function writeCache(path: string, cache: Cache): void {
  try {
    const draft = `${path}.${process.pid}`;
    writeFileSync(draft, JSON.stringify(cache), { mode: 0o600 });
    renameSync(draft, path);
  } catch {
    // Without it the next caller hashes the file again.
  }
}
