import { processEntry, type ProcessIdentity } from './process-identity';

/**
 * The process that started this one, and those above it that are in this one's process group: a package
 * manager and the shells between, for example. Process 1 is none: nothing outlives it.
 */
export function ancestorsInGroup(): ProcessIdentity[] {
  const found: ProcessIdentity[] = [];
  const group = processEntry(process.pid)?.group;
  for (let pid = process.ppid; pid > 1;) {
    const entry = processEntry(pid);
    if (entry === undefined || (found.length > 0 && entry.group !== group)) break;
    found.push({ pid, startTime: entry.startTime });
    pid = entry.parent;
  }
  return found;
}
