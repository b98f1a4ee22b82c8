import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StopSignal } from '../pattern/resource-context';
import { isAlive, parsePs, processEntry, type ProcessEntry, type ProcessIdentity } from './process-identity';
import { removeSharedMemory, sharedMemoryOf } from './shared-memory';

/** How a group was ended. */
export interface GroupStop {
  /** Whether SIGKILL was needed. */
  readonly forced: boolean;
  /** Members that survived even SIGKILL within the time limit: the kernel holds them. */
  readonly survivors: readonly number[];
}

// Tightly at first: whoever waits for the slot of a small server waits for this.
const pollMs = { least: 1, most: 10 };
const killLimitMs = 10_000;

/** The living members of a process group. Zombies do not count: they hold nothing any more. */
export function groupMembers(group: number): ProcessEntry[] {
  return processTable().filter((entry) => entry.group === group && !entry.isZombie);
}

/**
 * The living members of the group that a process began, also when it has ended itself. A number is given away only when nobody of its
 * group is left, so there are none where another process has it.
 */
export function membersLedBy(leader: ProcessIdentity): ProcessEntry[] {
  const now = processEntry(leader.pid);
  return now === undefined || now.startTime === leader.startTime ? groupMembers(leader.pid) : [];
}

/**
 * Ends a process group: a signal to its leader, a grace period, SIGKILL to the group, until no member is left. Without any grace it is
 * SIGKILL at once. Only the leader gets the first signal, since servers forward it and some fall over a second one
 * (https://github.com/vllm-project/vllm/issues/50529).
 *
 * @param leader whose number is the group's, also when it has ended before the others. A later process of that number is left alone.
 */
export async function stopGroup(
  leader: ProcessIdentity,
  graceMs: number,
  hurry?: AbortSignal,
  stopSignal: StopSignal = 'SIGTERM',
): Promise<GroupStop> {
  requireOneGroup(leader.pid);
  if (await isEmpty(leader)) return { forced: false, survivors: [] };
  const pids = (): number[] => membersLedBy(leader).map(({ pid }) => pid);
  const sharedMemory = sharedMemoryOf(pids);
  const forced = graceMs === 0 || !(await endsPolitely(leader, graceMs, stopSignal, hurry));
  // A server that has just begun makes more in its grace.
  if (forced) sharedMemory.push(...sharedMemoryOf(pids));
  const survivors = forced && !(await kill(leader)) ? pids() : [];
  if (survivors.length === 0) removeSharedMemory(sharedMemory);
  return { forced, survivors };
}

async function endsPolitely(
  leader: ProcessIdentity,
  graceMs: number,
  stopSignal: StopSignal,
  hurry: AbortSignal | undefined,
): Promise<boolean> {
  send(leader.pid, stopSignal);
  if (!(await until(() => !isAlive(leader), graceMs, hurry))) return false;
  // A leader that ended politely gets its children a moment to follow.
  return until(() => isEmpty(leader), 100, hurry);
}

/** Kills a group; resolves to whether no member is left at the limit. */
function kill(leader: ProcessIdentity): Promise<boolean> {
  // Repeated, because a member may fork while the signal is being delivered.
  return until(() => {
    send(-leader.pid, 'SIGKILL');
    return isEmpty(leader);
  }, killLimitMs);
}

/** Whether no member of the group that it led is alive. */
async function isEmpty(leader: ProcessIdentity): Promise<boolean> {
  if (isAlive(leader)) return false;
  if (!send(-leader.pid, 0)) return true;
  // Its parent takes note of the leader's end, and as a rule that was all: the whole process table need not be read.
  await sleep(pollMs.least);
  return !send(-leader.pid, 0) || membersLedBy(leader).length === 0;
}

// kill(2) takes 0 for the caller's own group, and -1 for every process there is.
function requireOneGroup(group: number): void {
  if (!Number.isInteger(group) || group <= 1)
    throw new RangeError(`${group} is not the process group of a server.`);
}

/** Whether there was anybody to send it to, be it a zombie; the signal 0 only asks. */
function send(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(target, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Of a group of zombies on macOS, and of another user's processes, where a number was given away.
    if (code === 'EPERM') return true;
    if (code === 'ESRCH') return false;
    throw error;
  }
}

/** Looks every few milliseconds until `condition` holds; resolves to whether it came to hold within the limit. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  limitMs: number,
  hurry?: AbortSignal,
): Promise<boolean> {
  const start = performance.now();
  while (!(await condition())) {
    const elapsed = performance.now() - start;
    if (hurry?.aborted === true || elapsed >= limitMs) return false;
    await sleep(Math.min(Math.max(elapsed / 20, pollMs.least), pollMs.most));
  }
  return true;
}

function processTable(): ProcessEntry[] {
  if (process.platform !== 'linux') {
    return parsePs(execFileSync('ps', ['-axo', 'pid=,pgid=,stat=,lstart='], { encoding: 'utf8' }));
  }
  return readdirSync('/proc').flatMap((name) =>
    /^\d+$/.test(name) ? (processEntry(Number(name)) ?? []) : [],
  );
}
