import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const folder = '/dev/shm';
// The names that Python's multiprocessing uses. A killed Python process does not remove its files, which then
// take memory until the next boot. https://docs.python.org/3/library/multiprocessing.shared_memory.html
const byPython = /^(?:psm_|sem\.mp-)/;
// Address, permissions, offset, device, inode, path:
// https://man7.org/linux/man-pages/man5/proc_pid_maps.5.html
const mapping = /^\S+ \S+ \S+ \S+ (\d+) +\/dev\/shm\//gm;

/**
 * The files of Python's shared memory that these processes have mapped; only Linux shows them. They are
 * recognised by their inodes, because the process that makes a semaphore maps it under another name.
 *
 * @param pids called only if there are such files.
 */
export function sharedMemoryOf(pids: () => readonly number[]): string[] {
  const files = pythonFiles();
  if (files.length === 0) return [];
  const inodes = new Set(pids().flatMap(mappedInodes));
  return files.filter((file) => inodes.has(statSync(file, { throwIfNoEntry: false })?.ino));
}

/** Removes shared memory that a killed process has left. */
export function removeSharedMemory(files: readonly string[]): void {
  for (const file of files) rmSync(file, { force: true });
}

function pythonFiles(): string[] {
  try {
    return readdirSync(folder).flatMap((name) => (byPython.test(name) ? join(folder, name) : []));
  } catch {
    // This system has no such folder.
    return [];
  }
}

function mappedInodes(pid: number): (number | undefined)[] {
  try {
    return [...readFileSync(`/proc/${pid}/maps`, 'utf8').matchAll(mapping)].map(([, inode]) => Number(inode));
  } catch {
    // The process is gone.
    return [];
  }
}
