import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { basename, join } from 'node:path';

// A Unix socket's path has at most 103 characters on macOS, 107 on Linux; the socket is the longest name inside.
const longestDirectory = 90;

/** A new session's id: it names the ledger and the directory. */
export function newSessionId(): string {
  return randomBytes(8).toString('hex');
}

/** Where a session's directory will be; nothing is made yet. */
export function sessionDirectoryPath(session: string): string {
  const path = join(tmpdir(), directoryName(session));
  return path.length <= longestDirectory ? path : join('/tmp', directoryName(session));
}

/** Makes the directory; fails if anything is there already. */
export function createSessionDirectory(path: string): void {
  mkdirSync(path, { mode: 0o700 });
}

/** Removes a session's directory, if it is really one of ours: owned by this user, of the session's name, not a link. */
export function removeSessionDirectory(path: string, session: string): void {
  if (basename(path) !== directoryName(session)) return;
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory() !== true || stat.uid !== userInfo().uid) return;
  rmSync(path, { recursive: true, force: true });
}

function directoryName(session: string): string {
  return `jmp-${session}`;
}
