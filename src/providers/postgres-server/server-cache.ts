import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { homeDirectory } from '../../process/os/home-directory';
import { isRoot } from './server-user';

const draftPrefix = 'draft-';
// Making one takes seconds: a draft of this age is abandoned.
const longestMakingMs = 3_600_000;

/**
 * The directory called `name` in the user's cache, filled by `make` if it does not exist yet. It may be
 * deleted at any time while no server runs. The cache of root lies where the user of the server can read it.
 */
export async function cached(
  name: string,
  make: (directory: string) => Promise<void> | void,
): Promise<string> {
  const cache = cacheDirectory();
  const path = join(cache, name);
  mkdirSync(cache, { recursive: true, mode: isRoot() ? 0o755 : 0o700 });
  removeAbandoned(cache);
  if (existsSync(path)) return path;
  const draft = mkdtempSync(join(cache, draftPrefix));
  try {
    await make(draft);
    // Servers that run as other users must be able to read the cache of root.
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

/** Removes drafts of processes that were killed. */
function removeAbandoned(cache: string): void {
  for (const name of readdirSync(cache)) {
    const draft = join(cache, name);
    const stat = name.startsWith(draftPrefix) ? statSync(draft, { throwIfNoEntry: false }) : undefined;
    if (stat !== undefined && Date.now() - stat.mtimeMs > longestMakingMs)
      rmSync(draft, { recursive: true, force: true });
  }
}

function cacheDirectory(): string {
  if (isRoot()) return '/var/cache/jest-model-provider/postgres';
  const wished = process.env['XDG_CACHE_HOME'] ?? '';
  const base = isAbsolute(wished) ? wished : join(homeDirectory('XDG_CACHE_HOME'), '.cache');
  return join(base, 'jest-model-provider', 'postgres');
}
