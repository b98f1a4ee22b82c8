import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { isRoot } from './server-user';

/**
 * The directory called `name` in this user's cache, made by `make` if it is not there yet. It may be deleted at any time while no
 * server runs. That of root lies where the user of the server can read it.
 */
export async function cached(
  name: string,
  make: (directory: string) => Promise<void> | void,
): Promise<string> {
  const cache = cacheDirectory();
  const path = join(cache, name);
  if (existsSync(path)) return path;
  mkdirSync(cache, { recursive: true, mode: isRoot() ? 0o755 : 0o700 });
  const draft = mkdtempSync(join(cache, 'draft-'));
  try {
    await make(draft);
    // Servers of other users must be able to read what root caches.
    chmodSync(draft, 0o755);
    renameSync(draft, path);
  } catch (error) {
    // Another process may have been faster.
    if (!existsSync(path)) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return path;
}

function cacheDirectory(): string {
  if (isRoot()) return '/var/cache/jest-model-provider/postgres';
  const wished = process.env['XDG_CACHE_HOME'] ?? '';
  const base = isAbsolute(wished) ? wished : join(homedir(), '.cache');
  return join(base, 'jest-model-provider', 'postgres');
}
