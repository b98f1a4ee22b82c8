import { killProcess } from './kill-process';
import { processTable } from './process-group';
import { isAlive, type ProcessEntry, type ProcessIdentity } from './process-identity';

/**
 * Kills what a process has started in its own process group, such as the command that an `execSync` waits
 * for. What has a group of its own, such as a guardian, was meant to live apart.
 *
 * @returns whether there was anything.
 */
export function killDescendants(pid: number): boolean {
  const found = descendantsInGroup(pid);
  for (const identity of found) killProcess(identity);
  return found.length > 0;
}

/** Kills a process that cannot end by itself, and before it what it has started in its own group. */
export function killFamily(head: ProcessIdentity): void {
  if (!isAlive(head)) return;
  killDescendants(head.pid);
  killProcess(head);
}

function descendantsInGroup(pid: number): ProcessEntry[] {
  const table = processTable();
  const group = table.find((entry) => entry.pid === pid)?.group;
  const found = new Set<ProcessEntry>();
  const childrenOf = (parent: number): void => {
    for (const entry of table) {
      if (entry.parent !== parent || entry.group !== group || entry.isZombie || found.has(entry)) continue;
      found.add(entry);
      childrenOf(entry.pid);
    }
  };
  childrenOf(pid);
  return [...found];
}
