import { executableOf, workingDirectoryOf } from '../os/process-table';

/**
 * Whether a process works in one of `directories`, which a session made, and runs one of the programs that
 * this session started. Neither alone makes it the session's: a user's shell may work there, and the same
 * program may run elsewhere. Only Linux shows both.
 */
export function worksAs(
  pid: number,
  directories: readonly string[],
  executables: readonly string[],
): boolean {
  const place = workingDirectoryOf(pid);
  if (place === undefined || !directories.some((directory) => isWithin(place, directory))) return false;
  return executables.includes(executableOf(pid) ?? '');
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}
