import { homedir } from 'node:os';
import { isAbsolute } from 'node:path';
import { ModelProviderError } from '../../base/errors';

/**
 * The home of the user.
 *
 * @param instead the variable that chooses a place outside it, for the message.
 * @throws ModelProviderError `CONFIG_INVALID` if `HOME` is empty or relative, since what belongs there would lie
 *   wherever a process runs; or if it is not set, and the system knows no home of this user.
 */
export function homeDirectory(instead: string): string {
  const home = homeOfUser();
  if (home !== undefined && isAbsolute(home)) return home;
  const fault =
    home === undefined
      ? 'HOME is not set, and the system knows no home of this user'
      : `HOME is ${JSON.stringify(home)}, which is no absolute path`;
  throw new ModelProviderError(
    'CONFIG_INVALID',
    `${fault}: set HOME to your home directory, or ${instead} to another directory of yours.`,
    { details: { variable: 'HOME', path: home ?? null } },
  );
}

function homeOfUser(): string | undefined {
  try {
    return homedir();
  } catch {
    // This user has no entry in the system's list of users, as in some containers.
    return undefined;
  }
}
