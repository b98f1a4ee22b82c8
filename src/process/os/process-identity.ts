import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Identifies a process: the system reuses the number, but not the number together with the start time. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot on Linux (field 22 of /proc/PID/stat, see proc(5)), the start date elsewhere. */
  readonly startTime: string;
}

/** One line of the process table. */
export interface ProcessEntry extends ProcessIdentity {
  readonly group: number;
  /** Who started it; another process, often process 1, once that one has ended. */
  readonly parent: number;
  /** Dead with all its threads, so that it holds no resources, but not yet reaped by its parent. */
  readonly isZombie: boolean;
  /** Frozen by SIGSTOP or the like: it does nothing until SIGCONT. */
  readonly isStopped: boolean;
}

/** The entry of `pid` in the process table; undefined if there is no such process. */
export function processEntry(pid: number): ProcessEntry | undefined {
  return process.platform === 'linux' ? linuxEntry(pid) : portableEntry(pid);
}

/** The entry of exactly that process, not of a later one with the same number; undefined if it is not alive. */
export function livingEntry({ pid, startTime }: ProcessIdentity): ProcessEntry | undefined {
  const entry = processEntry(pid);
  return entry?.startTime === startTime && !entry.isZombie ? entry : undefined;
}

/** Whether exactly that process is alive. */
export function isAlive(identity: ProcessIdentity): boolean {
  return livingEntry(identity) !== undefined;
}

/** Whether exactly that process is frozen, by SIGSTOP or the like. */
export function isFrozen(identity: ProcessIdentity): boolean {
  return livingEntry(identity)?.isStopped === true;
}

/** This process. */
export function ownIdentity(): ProcessIdentity {
  const entry = processEntry(process.pid);
  return { pid: process.pid, startTime: entry?.startTime ?? '' };
}

/** The id of the last boot: process numbers that were recorded under another id mean nothing. */
export function bootId(): string {
  try {
    return process.platform === 'linux'
      ? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
      : execFileSync('sysctl', ['-n', 'kern.boottime'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

/** Parses the text of /proc/PID/stat. The name, field 2, may contain spaces and brackets. */
export function parseStat(pid: number, text: string): ProcessEntry {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, threads] = [fields[0], Number(fields[17])];
  return {
    pid,
    parent: Number(fields[1]),
    group: Number(fields[2]),
    startTime: fields[19] ?? '',
    // The first thread of a dying process may be gone while others hold its resources: a port, a GPU's
    // memory.
    isZombie: (state === 'Z' && threads <= 1) || state === 'X',
    isStopped: state === 'T',
  };
}

function linuxEntry(pid: number): ProcessEntry | undefined {
  try {
    return parseStat(pid, readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

function portableEntry(pid: number): ProcessEntry | undefined {
  try {
    return parsePs(execFileSync('ps', ['-o', psColumns, '-p', String(pid)], { encoding: 'utf8' }))[0];
  } catch {
    return undefined;
  }
}

/** What {@link parsePs} reads. */
export const psColumns = 'pid=,ppid=,pgid=,stat=,lstart=';

/** Parses the output of `ps -o` with {@link psColumns}. */
export function parsePs(text: string): ProcessEntry[] {
  return text.split('\n').flatMap((line) => {
    const [, pid, parent, group, state, startTime] =
      /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line) ?? [];
    if (startTime === undefined) return [];
    return [
      {
        ...{ pid: Number(pid), parent: Number(parent), group: Number(group), startTime },
        isZombie: state?.startsWith('Z') ?? false,
        isStopped: state?.startsWith('T') ?? false,
      },
    ];
  });
}
