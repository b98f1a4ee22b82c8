import { readdirSync, readlinkSync } from 'node:fs';
import { until } from './process-group';
import { isAlive, processEntry, type ProcessIdentity } from './process-identity';

const limitMs = 10_000;

/**
 * SIGKILLs every process that works inside one of `directories`, which must be nobody else's: servers whose parts leave the
 * group of their leader are found by it. PostgreSQL gives each backend a session of its own
 * (`InitPostmasterChild` in https://github.com/postgres/postgres/blob/master/src/backend/utils/init/miscinit.c), and a busy one
 * outlives a postmaster that was killed. Only Linux shows where a process works; elsewhere none is found.
 *
 * @returns the processes that are still there.
 */
export async function killStrays(directories: readonly string[]): Promise<number[]> {
  // Repeated, because a stray may start another one meanwhile.
  await until(() => {
    const strays = straysIn(directories);
    for (const stray of strays) kill(stray);
    return strays.length === 0;
  }, limitMs);
  return straysIn(directories).map(({ pid }) => pid);
}

function straysIn(directories: readonly string[]): ProcessIdentity[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').flatMap((name) => {
    const entry = /^\d+$/.test(name) ? processEntry(Number(name)) : undefined;
    if (entry === undefined || entry.isZombie || entry.pid === process.pid) return [];
    return directories.some((directory) => isWithin(workingDirectory(entry.pid), directory)) ? [entry] : [];
  });
}

function workingDirectory(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    // Gone by now, or another user's.
    return '';
  }
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

function kill(stray: ProcessIdentity): void {
  if (!isAlive(stray)) return;
  try {
    process.kill(stray.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
