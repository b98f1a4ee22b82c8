import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { ServerDirectoryOptions } from '../../pattern/resource-context';
import { ownUser } from '../os/own-user';
import { writing } from './unwritable';

// A Unix socket's path has at most 103 bytes on macOS, 107 on Linux. The longest path below a session's
// directory is that of a server's directory, 9 bytes, with a socket called `/.s.PGSQL.1`.
const longestDirectory = 80;
const memoryFolder = '/dev/shm';
/** TMPFS_MAGIC of statfs(2). */
const tmpfs = 0x01021994;
const neededBytes = 2 * 1024 ** 3;

/** A new session's id: it names the ledger and the directory. */
export function newSessionId(): string {
  return randomBytes(8).toString('hex');
}

/** The name of a session's directory. */
export function directoryName(session: string): string {
  return `jmp-${session}`;
}

/**
 * Where a session's directory will be; nothing is made yet. The path is without links, as the system names the
 * directory in which a process works.
 */
export function sessionDirectoryPath(session: string): string {
  const path = join(withoutLinks(resolve(tmpdir())), directoryName(session));
  return Buffer.byteLength(path) <= longestDirectory
    ? path
    : join(withoutLinks('/tmp'), directoryName(session));
}

function withoutLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // There is no such directory: whoever makes one in it says so.
    return path;
  }
}

/**
 * Makes the directory; fails if the path exists.
 *
 * @throws ModelProviderError `CONFIG_INVALID` if it cannot be made.
 */
export function createSessionDirectory(path: string): void {
  writing("The session's directory", path, 'TMPDIR', () => mkdirSync(path, { mode: 0o700 }));
}

/**
 * Makes a directory (0700) with a short path for one server of a session. The directory of another user
 * cannot be inside the session's own directory, which is closed to that user: its parent can be traversed by
 * all users, but not listed.
 */
export function createServerDirectory(
  sessionDirectory: string,
  { user, inMemory = false }: ServerDirectoryOptions,
): string {
  const memory =
    inMemory && hasSpace(memoryFolder)
      ? join(withoutLinks(memoryFolder), openName(sessionDirectory))
      : undefined;
  if (user === undefined && memory === undefined) return newDirectory(sessionDirectory);
  const parent = memory ?? openPath(sessionDirectory);
  makeOpen(parent);
  const directory = newDirectory(parent);
  if (user !== undefined) chownSync(directory, user.uid, user.gid);
  return directory;
}

function newDirectory(parent: string): string {
  return writing('The directory', parent, 'TMPDIR', () => mkdtempSync(join(parent, 'd-')));
}

/** Every directory that a session may have made, itself first. */
export function sessionDirectories(path: string): string[] {
  const parents = new Set([dirname(path), withoutLinks('/tmp'), withoutLinks(memoryFolder)]);
  return [path, ...[...parents].map((parent) => join(parent, openName(path)))];
}

/** Whether `path` has the name of the session's directory: a damaged ledger may name another one. */
export function isSessionDirectory(path: string, session: string): boolean {
  return basename(path) === directoryName(session);
}

/** Removes a session's directories, if they have its name, belong to this user and are no links. */
export function removeSessionDirectory(path: string, session: string): void {
  if (!isSessionDirectory(path, session)) return;
  for (const directory of sessionDirectories(path)) {
    const stat = lstatSync(directory, { throwIfNoEntry: false });
    if (stat?.isDirectory() !== true || stat.uid !== ownUser()) continue;
    rmSync(directory, { recursive: true, force: true });
  }
}

function openPath(sessionDirectory: string): string {
  const parent = dirname(sessionDirectory);
  return join(isOpenToAll(parent) ? parent : withoutLinks('/tmp'), openName(sessionDirectory));
}

function openName(sessionDirectory: string): string {
  return `${basename(sessionDirectory)}-open`;
}

function makeOpen(path: string): void {
  const present = lstatSync(path, { throwIfNoEntry: false });
  if (present === undefined) {
    mkdirSync(path, { mode: 0o700 });
    // Not by mkdir, whose mode the umask restricts.
    chmodSync(path, 0o711);
  } else if (!present.isDirectory() || present.uid !== ownUser()) {
    throw new Error(`${path} is there already, and is not ours`);
  }
}

// The default of containers is 64 MB, and a database has 8 MB at least.
function hasSpace(folder: string): boolean {
  try {
    const { type, bavail, bsize } = statfsSync(folder);
    return type === tmpfs && bavail * bsize >= neededBytes;
  } catch {
    return false;
  }
}

/** Whether all users may traverse a directory and all directories above it. */
function isOpenToAll(path: string): boolean {
  if ((statSync(path).mode & 0o001) === 0) return false;
  return dirname(path) === path || isOpenToAll(dirname(path));
}
