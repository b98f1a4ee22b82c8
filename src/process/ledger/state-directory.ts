import { accessSync, constants, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { ModelProviderError } from '../../base/errors';
import { homeDirectory } from '../os/home-directory';
import { ownUser } from '../os/own-user';
import { writing } from './unwritable';

/**
 * The user's private directory for the ledgers of all sessions: `$XDG_STATE_HOME/jest-model-provider`,
 * `~/.local/state/jest-model-provider`, or a folder of the temporary directory if the home cannot be written.
 *
 * @throws ModelProviderError `STATE_DIRECTORY_UNSAFE` if it is a link, belongs to another user or is open to
 *   others; `CONFIG_INVALID` if it cannot be made, or the home is not known.
 */
export function stateDirectory(): string {
  const wished = process.env['XDG_STATE_HOME'] ?? '';
  // An empty or relative value is to be ignored: https://specifications.freedesktop.org/basedir-spec/latest/
  const base = isAbsolute(wished) ? wished : join(homeDirectory('XDG_STATE_HOME'), '.local', 'state');
  const path = join(base, 'jest-model-provider');
  if (canBeWritten(path)) return privateDirectory(path);
  return privateDirectory(join(resolve(tmpdir()), `jest-model-provider-${ownUser()}`));
}

/**
 * Makes the directory `path`, for its owner alone, or checks that it is private already.
 *
 * @throws ModelProviderError `STATE_DIRECTORY_UNSAFE`, `CONFIG_INVALID` if it cannot be made.
 */
export function privateDirectory(path: string): string {
  writing('The directory', path, 'XDG_STATE_HOME', () => mkdirSync(path, { recursive: true, mode: 0o700 }));
  const problem = unsafeReason(path);
  if (problem === undefined) return path;
  throw new ModelProviderError(
    'STATE_DIRECTORY_UNSAFE',
    `The directory ${path} ${problem}, so process records in it cannot be trusted: remove it, or set XDG_STATE_HOME to a directory of your own.`,
    { details: { path } },
  );
}

/** Why a directory must not be trusted; undefined if it is private to this user. */
export function unsafeReason(path: string): string | undefined {
  const stat = lstatSync(path);
  if (!stat.isDirectory()) return 'is not a directory';
  if (stat.uid !== ownUser()) return `belongs to user ${stat.uid}`;
  if ((stat.mode & 0o077) !== 0) return 'is open to other users';
  return undefined;
}

/** Whether the directory can be made, or written to if it is there. A full disk is no reason to go elsewhere. */
function canBeWritten(path: string): boolean {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.W_OK);
    return true;
  } catch (error) {
    return !['EACCES', 'EROFS', 'ENOTDIR', 'EPERM', 'ENOENT'].includes(
      (error as NodeJS.ErrnoException).code ?? '',
    );
  }
}
