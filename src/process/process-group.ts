import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StopSignal } from '../pattern/resource-context';
import { parsePs, processEntry, type ProcessEntry } from './process-identity';
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
 * Ends a process group: a signal to its leader, a grace period, SIGKILL to the group, until no member is left.
 * Only the leader gets the first signal, since servers forward it and some fall over a second one
 * (https://github.com/vllm-project/vllm/issues/50529).
 */
export async function stopGroup(
  group: number,
  graceMs: number,
  hurry?: AbortSignal,
  stopSignal: StopSignal = 'SIGTERM',
): Promise<GroupStop> {
  requireOneGroup(group);
  const members = groupMembers(group);
  if (members.length === 0) return { forced: false, survivors: [] };
  const sharedMemory = sharedMemoryOf(members.map(({ pid }) => pid));
  const stop = await endGroup(group, graceMs, stopSignal, hurry);
  if (stop.survivors.length === 0) removeSharedMemory(sharedMemory);
  return stop;
}

async function endGroup(
  group: number,
  graceMs: number,
  stopSignal: StopSignal,
  hurry: AbortSignal | undefined,
): Promise<GroupStop> {
  send(group, stopSignal);
  const polite = await until(() => processEntry(group)?.isZombie !== false, graceMs, hurry);
  // A leader that ended politely gets its children a moment to follow.
  if (polite && (await until(() => groupMembers(group).length === 0, 100, hurry)))
    return { forced: false, survivors: [] };
  return { forced: true, survivors: await killGroup(group) };
}

/** SIGKILLs a group and waits until it is empty; resolves to the members that are still there at the limit. */
export async function killGroup(group: number): Promise<number[]> {
  requireOneGroup(group);
  const sharedMemory = sharedMemoryOf(groupMembers(group).map(({ pid }) => pid));
  // Repeated, because a member may fork while the signal is being delivered.
  await until(() => {
    send(-group, 'SIGKILL');
    return groupMembers(group).length === 0;
  }, killLimitMs);
  const survivors = groupMembers(group).map((entry) => entry.pid);
  if (survivors.length === 0) removeSharedMemory(sharedMemory);
  return survivors;
}

// kill(2) takes 0 for the caller's own group, and -1 for every process there is.
function requireOneGroup(group: number): void {
  if (!Number.isInteger(group) || group <= 1)
    throw new RangeError(`${group} is not the process group of a server.`);
}

function send(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Looks every few milliseconds until `condition` holds; resolves to whether it came to hold within the limit. */
export async function until(
  condition: () => boolean,
  limitMs: number,
  hurry?: AbortSignal,
): Promise<boolean> {
  const start = performance.now();
  while (!condition()) {
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
