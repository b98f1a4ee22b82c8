import {
  chmodSync,
  chownSync,
  constants,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import type { SystemUser } from '../../pattern/resource-context';

export interface CopyOptions {
  /** Whom the copy belongs to; only root may choose. */
  readonly user?: SystemUser | undefined;
  /** Names of files and directories to be left out. */
  readonly without?: RegExp;
}

/**
 * Copies what a directory holds into `to`, which is made if need be, with modes and links as they are. A cluster is a thousand small
 * files: with cpSync, which asks about every path three times, they are most of a start.
 */
export function copyTree(from: string, to: string, options: CopyOptions = {}): void {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  // Not by mkdir, which the umask would restrict.
  chmodSync(to, statSync(from).mode);
  giveTo(options.user, to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (options.without?.test(entry.name) === true) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      copyTree(source, target, options);
    } else if (entry.isSymbolicLink()) {
      symlinkSync(readlinkSync(source), target);
    } else {
      copyFileSync(source, target, constants.COPYFILE_FICLONE);
      giveTo(options.user, target);
    }
  }
}

/** Gives a file or a directory to a user, if there is one to give it to. */
export function giveTo(user: SystemUser | undefined, path: string): void {
  if (user !== undefined) chownSync(path, user.uid, user.gid);
}
