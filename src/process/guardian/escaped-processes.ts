import type { StopSignal } from '../../pattern/resource-context';
import { until } from '../../base/until';
import { killProcess, sendTo } from '../os/kill-process';
import { killLimitMs } from '../os/process-group';
import { isAlive, type ProcessEntry } from '../os/process-identity';

/** How long escaped processes may take, and what cuts that short. */
export interface EscapedStop {
  /** Milliseconds between the first signal and SIGKILL; without them SIGKILL comes at once. */
  readonly graceMs: number;
  readonly stopSignal?: StopSignal | undefined;
  readonly forceKill?: AbortSignal | undefined;
}

/**
 * Ends processes that have left the group of their leader, one by one: the members of a group can be signalled
 * together, these cannot. The first signal goes to those alone that no other of them has started, as in a
 * group.
 *
 * @param find those that are alive now. It is asked again and again, because they may start others meanwhile.
 * @returns the processes that SIGKILL has not ended at the limit.
 */
export async function endEscaped(
  find: () => readonly ProcessEntry[],
  { graceMs, stopSignal = 'SIGTERM', forceKill }: EscapedStop,
): Promise<number[]> {
  const first = find();
  if (first.length === 0) return [];
  if (graceMs > 0) {
    const pids = new Set(first.map(({ pid }) => pid));
    for (const entry of first) if (!pids.has(entry.parent)) sendTo(entry, stopSignal);
    await until(() => !first.some(isAlive), graceMs, forceKill);
  }
  const isOver = await until(() => {
    const found = find();
    for (const entry of found) killProcess(entry);
    return found.length === 0;
  }, killLimitMs);
  return isOver ? [] : find().map(({ pid }) => pid);
}
