import { constants, copyFileSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity';

/** Either the lock is taken, and `unlock`, which may be repeated, gives it back; or `holder` has it. */
export type LockAttempt =
  | { readonly unlock: () => void; readonly holder?: never }
  | { readonly unlock?: never; readonly holder: ProcessIdentity };

/** Takes the lock file at `path`. The lock of a dead process is taken over. */
export function takeLock(path: string): LockAttempt {
  const mine = JSON.stringify(ownIdentity());
  // Written before it is the lock: whoever finds a lock finds whose it is.
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, mine);
  try {
    while (!tryPlace(draft, path)) {
      const text = readText(path);
      const holder = holderIn(text);
      if (holder !== undefined && isAlive(holder)) return { holder };
      if (text !== undefined) removeStale(path, text, `${draft}.old`);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  return {
    unlock: () => {
      if (readText(path) === mine) rmSync(path, { force: true });
    },
  };
}

/** Makes `draft` the lock, at once and whole, if there is none. */
function tryPlace(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
  }
  // A file system without links.
  try {
    copyFileSync(draft, path, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes the lock of a dead process, if `text` still is what it says: several may have found it. It is moved
 * away first, so that one alone gets it, and put back if it turns out to be somebody else's by now.
 */
function removeStale(path: string, text: string, aside: string): void {
  if (readText(path) !== text) return;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readText(aside) !== text) tryPlace(aside, path);
  rmSync(aside, { force: true });
}

function holderIn(text: string | undefined): ProcessIdentity | undefined {
  try {
    return JSON.parse(text ?? '') as ProcessIdentity;
  } catch {
    return undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
