import { setTimeout as sleep } from 'node:timers/promises';
import type { StopSignal } from '../../pattern/resource-context';
import { isAlive, processEntry, type ProcessEntry, type ProcessIdentity } from './process-identity';
import { processTable } from './process-table';
import { removeSharedMemory, sharedMemoryOf } from './shared-memory';
import { until } from '../../base/until';

/** How a group was ended. */
export interface GroupStop {
  /** Whether SIGKILL was needed. */
  readonly forced: boolean;
  /** Members that have survived SIGKILL at the time limit: the kernel holds them. */
  readonly survivors: readonly number[];
}

/** Milliseconds that SIGKILL may take until its process is gone. */
export const killLimitMs = 10_000;

/** The living members of a process group. Zombies do not count, since they hold no resources. */
export function groupMembers(group: number): ProcessEntry[] {
  return processTable().filter((entry) => entry.group === group && !entry.isZombie);
}

/**
 * The living members of the group that `leader` began, also after its own end. The system reuses a number
 * only when its group is empty: if another process has the leader's number, there are none.
 */
export function membersLedBy(leader: ProcessIdentity): ProcessEntry[] {
  const now = processEntry(leader.pid);
  return now === undefined || now.startTime === leader.startTime ? groupMembers(leader.pid) : [];
}

/**
 * Ends a process group: a signal to its leader, a grace period, SIGKILL to the group, until no member is
 * left. Without a grace period SIGKILL comes at once. Only the leader gets the first signal, because servers
 * forward it and some crash on a second one (https://github.com/vllm-project/vllm/issues/50529).
 *
 * @param leader the process whose number is the group's; it may have ended. A later process of that number is
 *   left alone.
 * @param graceMs milliseconds between the first signal and SIGKILL.
 * @param forceKill ends the grace period when aborted.
 */
export async function stopGroup(
  leader: ProcessIdentity,
  graceMs: number,
  forceKill?: AbortSignal,
  stopSignal: StopSignal = 'SIGTERM',
): Promise<GroupStop> {
  requireOneGroup(leader.pid);
  if (await isEmpty(leader)) return { forced: false, survivors: [] };
  const pids = (): number[] => membersLedBy(leader).map(({ pid }) => pid);
  const sharedMemory = sharedMemoryOf(pids);
  const forced = graceMs === 0 || !(await endsPolitely(leader, graceMs, stopSignal, forceKill));
  // During its grace period a server that has just begun may make more.
  if (forced) sharedMemory.push(...sharedMemoryOf(pids));
  const survivors = forced && !(await kill(leader)) ? pids() : [];
  if (survivors.length === 0) removeSharedMemory(sharedMemory);
  return { forced, survivors };
}

async function endsPolitely(
  leader: ProcessIdentity,
  graceMs: number,
  stopSignal: StopSignal,
  forceKill: AbortSignal | undefined,
): Promise<boolean> {
  send(leader.pid, stopSignal);
  if (!(await until(() => !isAlive(leader), graceMs, forceKill))) return false;
  // The children of a leader that has ended by itself get a moment to follow.
  return until(() => isEmpty(leader), 100, forceKill);
}

/** Kills a group; resolves to whether no member is left at the limit. */
function kill(leader: ProcessIdentity): Promise<boolean> {
  // Repeated, because a member may fork while the signal is being delivered.
  return until(() => {
    send(-leader.pid, 'SIGKILL');
    return isEmpty(leader);
  }, killLimitMs);
}

/** Whether no member of the leader's group is alive. */
async function isEmpty(leader: ProcessIdentity): Promise<boolean> {
  if (isAlive(leader)) return false;
  if (!send(-leader.pid, 0)) return true;
  // The leader may be a zombie that its parent is about to reap. Then the group is gone, without reading the
  // process table.
  await sleep(1);
  return !send(-leader.pid, 0) || membersLedBy(leader).length === 0;
}

// For kill(2), 0 is the caller's own group and -1 is every process.
function requireOneGroup(group: number): void {
  if (!Number.isInteger(group) || group <= 1)
    throw new RangeError(`${group} is not the process group of a server.`);
}

/** Sends a signal; signal 0 only probes. Returns whether the target exists; a zombie does. */
function send(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(target, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A group of zombies on macOS, or processes of another user that have got the number.
    if (code === 'EPERM') return true;
    if (code === 'ESRCH') return false;
    throw error;
  }
}
