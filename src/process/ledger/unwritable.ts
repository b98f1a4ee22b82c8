import { ModelProviderError } from '../../base/errors';

type Variable = 'TMPDIR' | 'XDG_STATE_HOME';

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'something that is no directory is in its way',
  EISDIR: 'a directory is in its way',
  ELOOP: 'a link is in its way',
  ENAMETOOLONG: 'its path is too long',
  ENOENT: 'there is no such directory',
  ENOSPC: 'no space is left on the disk',
  ENOTDIR: 'a part of its path is no directory',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
};

/** What can be done besides choosing another place. */
const remedies: Readonly<Record<string, string>> = {
  EDQUOT: 'free some',
  EISDIR: 'remove what is in the way',
  ELOOP: 'remove what is in the way',
  ENOSPC: 'free some',
};

/**
 * Does what writes at `path`.
 *
 * @param what it is, for the message.
 * @param variable chooses the place.
 * @throws ModelProviderError `CONFIG_INVALID` with path, reason, variable and fix, for an error of the system.
 */
export function writing<Result>(what: string, path: string, variable: Variable, write: () => Result): Result {
  try {
    return write();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    const given = process.env[variable] ?? '';
    const remedy = remedies[code] === undefined ? '' : `${remedies[code]}, or `;
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `${what} ${path} cannot be written: ${reasons[code] ?? 'the system refuses'} (${code}). ${variable} is ${given === '' ? 'not set' : JSON.stringify(given)}: ${remedy}set it to a directory that you can write to.`,
      { details: { path, variable, code }, cause: error },
    );
  }
}
