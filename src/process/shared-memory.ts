import { readFileSync, rmSync } from 'node:fs';

// The names that Python's multiprocessing gives. It removes them itself, unless it is killed: a later start finds them in memory still.
// https://docs.python.org/3/library/multiprocessing.shared_memory.html
const mappedByPython = /\/dev\/shm\/(?:psm_|sem\.mp-)\w+$/gm;

/** The files of Python's shared memory that these processes have mapped; only Linux shows it. */
export function sharedMemoryOf(pids: readonly number[]): string[] {
  const files = pids.flatMap((pid) => {
    try {
      return readFileSync(`/proc/${pid}/maps`, 'utf8').match(mappedByPython) ?? [];
    } catch {
      // Gone by now.
      return [];
    }
  });
  return [...new Set(files)];
}

/** Removes those that a killed process could not. */
export function removeSharedMemory(files: readonly string[]): void {
  for (const file of files) rmSync(file, { force: true });
}
