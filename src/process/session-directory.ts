import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { ServerDirectoryOptions } from '../pattern/resource-context';

// A Unix socket's path has at most 103 characters on macOS, 107 on Linux. The longest below a session's directory is that of a
// server's directory, 9 characters, with a socket called `/.s.PGSQL.1`.
const longestDirectory = 80;
const memoryFolder = '/dev/shm';
/** TMPFS_MAGIC of statfs(2). */
const tmpfs = 0x01021994;
const roomBytes = 2 * 1024 ** 3;

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

/**
 * Makes a directory (0700) with a short path for one server of a session. That of another user cannot lie inside the session's
 * own directory, which is closed to it: it lies in one that others may pass through, but not list.
 */
export function createServerDirectory(
  sessionDirectory: string,
  { user, inMemory = false }: ServerDirectoryOptions,
): string {
  const memory =
    inMemory && hasRoom(memoryFolder) ? join(memoryFolder, openName(sessionDirectory)) : undefined;
  if (user === undefined && memory === undefined) return mkdtempSync(join(sessionDirectory, 'd-'));
  const parent = memory ?? openPath(sessionDirectory);
  makeOpen(parent);
  const directory = mkdtempSync(join(parent, 'd-'));
  if (user !== undefined) chownSync(directory, user.uid, user.gid);
  return directory;
}

/** Every directory that a session may have made, itself first. */
export function sessionDirectories(path: string): string[] {
  const parents = new Set([dirname(path), '/tmp', memoryFolder]);
  return [path, ...[...parents].map((parent) => join(parent, openName(path)))];
}

/** Removes a session's directories, if they are really ours: owned by this user, of the session's name, no links. */
export function removeSessionDirectory(path: string, session: string): void {
  if (basename(path) !== directoryName(session)) return;
  for (const directory of sessionDirectories(path)) {
    const stat = lstatSync(directory, { throwIfNoEntry: false });
    if (stat?.isDirectory() !== true || stat.uid !== userInfo().uid) continue;
    rmSync(directory, { recursive: true, force: true });
  }
}

function openPath(sessionDirectory: string): string {
  const parent = dirname(sessionDirectory);
  return join(isOpenToAll(parent) ? parent : '/tmp', openName(sessionDirectory));
}

function openName(sessionDirectory: string): string {
  return `${basename(sessionDirectory)}-open`;
}

function makeOpen(path: string): void {
  const present = lstatSync(path, { throwIfNoEntry: false });
  if (present === undefined) {
    mkdirSync(path, { mode: 0o700 });
    // Not by mkdir, which the umask would restrict.
    chmodSync(path, 0o711);
  } else if (!present.isDirectory() || present.uid !== userInfo().uid) {
    throw new Error(`${path} is there already, and is not ours`);
  }
}

// Containers have 64 MB there unless told otherwise, and a database has 8 at least.
function hasRoom(folder: string): boolean {
  try {
    const { type, bavail, bsize } = statfsSync(folder);
    return type === tmpfs && bavail * bsize >= roomBytes;
  } catch {
    return false;
  }
}

/** Whether every user may pass through a directory and all above it. */
function isOpenToAll(path: string): boolean {
  if ((statSync(path).mode & 0o001) === 0) return false;
  return dirname(path) === path || isOpenToAll(dirname(path));
}

function directoryName(session: string): string {
  return `jmp-${session}`;
}
