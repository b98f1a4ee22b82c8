import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { processEntry, type ProcessIdentity } from './process-identity';

/**
 * The process that started this one, and those above it that are in this one's process group: a package
 * manager and the shells between, for example. Process 1 is none: nothing outlives it.
 */
export function ancestorsInGroup(): ProcessIdentity[] {
  const found: ProcessIdentity[] = [];
  const group = processEntry(process.pid)?.group;
  for (let pid = process.ppid; pid > 1; pid = parentOf(pid)) {
    const entry = processEntry(pid);
    if (entry === undefined || (found.length > 0 && entry.group !== group)) break;
    found.push({ pid, startTime: entry.startTime });
  }
  return found;
}

/** 0 if there is no such process any more. */
function parentOf(pid: number): number {
  try {
    if (process.platform !== 'linux')
      return Number(execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }));
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before it may hold spaces and brackets: proc(5).
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0;
  }
}
