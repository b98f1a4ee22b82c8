import { readdirSync, readlinkSync } from 'node:fs';
import { isAlive, processEntry, type ProcessIdentity } from '../os/process-identity';
import { until } from '../../base/until';

const limitMs = 10_000;

/**
 * SIGKILLs every process that works inside one of `directories`, in which no process of others may work. It
 * finds the parts of a server that have left the group of their leader: PostgreSQL gives each backend its own
 * session (`InitPostmasterChild` in
 * https://github.com/postgres/postgres/blob/master/src/backend/utils/init/miscinit.c), and a busy backend
 * outlives a postmaster that was killed. Only Linux shows where a process works; elsewhere none is found.
 *
 * @returns the processes that are still there.
 */
export async function killEscapedProcesses(directories: readonly string[]): Promise<number[]> {
  // Repeated, because an escaped process may start another one meanwhile.
  await until(() => {
    const escaped = escapedIn(directories);
    for (const identity of escaped) kill(identity);
    return escaped.length === 0;
  }, limitMs);
  return escapedIn(directories).map(({ pid }) => pid);
}

function escapedIn(directories: readonly string[]): ProcessIdentity[] {
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
    // It is gone, or it is another user's.
    return '';
  }
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

function kill(identity: ProcessIdentity): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
