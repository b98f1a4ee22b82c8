import { lstatSync, mkdirSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { ModelProviderError } from '../../base/errors';

/**
 * The user's private directory for the ledgers of all sessions: `$XDG_STATE_HOME/jest-model-provider`,
 * `~/.local/state/jest-model-provider`, or a folder of the temporary directory if the home cannot be written.
 *
 * @throws ModelProviderError `STATE_DIRECTORY_UNSAFE` if it is a link, belongs to another user or is open to
 *   others.
 */
export function stateDirectory(): string {
  const wished = process.env['XDG_STATE_HOME'] ?? '';
  // An empty or relative value is to be ignored: https://specifications.freedesktop.org/basedir-spec/latest/
  const base = isAbsolute(wished) ? wished : join(homedir(), '.local', 'state');
  try {
    return privateDirectory(join(base, 'jest-model-provider'));
  } catch (error) {
    if (!isUnwritable(error)) throw error;
    return privateDirectory(join(tmpdir(), `jest-model-provider-${userInfo().uid}`));
  }
}

/**
 * Makes the directory `path`, for its owner alone, or checks that it is private already.
 *
 * @throws ModelProviderError `STATE_DIRECTORY_UNSAFE`.
 */
export function privateDirectory(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
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
  if (stat.uid !== userInfo().uid) return `belongs to user ${stat.uid}`;
  if ((stat.mode & 0o077) !== 0) return 'is open to other users';
  return undefined;
}

function isUnwritable(error: unknown): boolean {
  return ['EACCES', 'EROFS', 'ENOTDIR', 'EPERM', 'ENOENT'].includes(
    (error as NodeJS.ErrnoException).code ?? '',
  );
}
