import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const folder = '/dev/shm';
// The names that Python's multiprocessing gives. It removes them itself, unless it is killed: they then take memory until the next boot.
// https://docs.python.org/3/library/multiprocessing.shared_memory.html
const byPython = /^(?:psm_|sem\.mp-)/;
// Where, how, offset, device, inode, path: https://man7.org/linux/man-pages/man5/proc_pid_maps.5.html
const mapping = /^\S+ \S+ \S+ \S+ (\d+) +\/dev\/shm\//gm;

/**
 * The files of Python's shared memory that these processes have mapped; only Linux shows it. They are told by their inodes, since whoever
 * makes a semaphore has mapped it under another name.
 *
 * @param pids asked for only if there are any such files.
 */
export function sharedMemoryOf(pids: () => readonly number[]): string[] {
  const files = pythonFiles();
  if (files.length === 0) return [];
  const inodes = new Set(pids().flatMap(mappedInodes));
  return files.filter((file) => inodes.has(statSync(file, { throwIfNoEntry: false })?.ino));
}

/** Removes those that a killed process could not. */
export function removeSharedMemory(files: readonly string[]): void {
  for (const file of files) rmSync(file, { force: true });
}

function pythonFiles(): string[] {
  try {
    return readdirSync(folder).flatMap((name) => (byPython.test(name) ? join(folder, name) : []));
  } catch {
    // No such folder on this system.
    return [];
  }
}

function mappedInodes(pid: number): (number | undefined)[] {
  try {
    return [...readFileSync(`/proc/${pid}/maps`, 'utf8').matchAll(mapping)].map(([, inode]) => Number(inode));
  } catch {
    // Gone by now.
    return [];
  }
}
