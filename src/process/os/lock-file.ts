import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity';

/** Either the lock is taken, and `unlock`, which may be repeated, gives it back; or `holder` has it. */
export type LockAttempt =
  | { readonly unlock: () => void; readonly holder?: never }
  | { readonly unlock?: never; readonly holder: ProcessIdentity };

/** Takes the lock file at `path`. The lock of a dead process is taken over. */
export function takeLock(path: string): LockAttempt {
  const mine = JSON.stringify(ownIdentity());
  if (!tryWrite(path, mine)) {
    const holder = readHolder(path);
    if (holder !== undefined && isAlive(holder)) return { holder };
    writeFileSync(path, mine);
  }
  return {
    unlock: () => {
      if (readText(path) === mine) rmSync(path, { force: true });
    },
  };
}

function tryWrite(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readHolder(path: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readText(path) ?? '') as ProcessIdentity;
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
