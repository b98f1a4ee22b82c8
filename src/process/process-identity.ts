import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process beyond doubt: the number alone is reused by the system, the number and the start time are not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot on Linux (field 22 of /proc/PID/stat, see proc(5)), the start date elsewhere. */
  readonly startTime: string;
}

/** One line of the process table. */
export interface ProcessEntry extends ProcessIdentity {
  readonly group: number;
  /** Dead with all its threads, so that it holds nothing any more, but not yet reaped by its parent. */
  readonly isZombie: boolean;
}

/** What the process table says of `pid`, or undefined if there is no such process. */
export function processEntry(pid: number): ProcessEntry | undefined {
  return process.platform === 'linux' ? linuxEntry(pid) : portableEntry(pid);
}

/** Whether exactly that process, not a later one of the same number, is alive. */
export function isAlive(identity: ProcessIdentity): boolean {
  const entry = processEntry(identity.pid);
  return entry !== undefined && !entry.isZombie && entry.startTime === identity.startTime;
}

/** This process. */
export function ownIdentity(): ProcessIdentity {
  const entry = processEntry(process.pid);
  return { pid: process.pid, startTime: entry?.startTime ?? '' };
}

/** Differs after every boot: process numbers recorded before it mean nothing. */
export function bootId(): string {
  try {
    return process.platform === 'linux'
      ? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
      : execFileSync('sysctl', ['-n', 'kern.boottime'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

/** Parses the text of /proc/PID/stat. The name, field 2, may itself hold spaces and brackets. */
export function parseStat(pid: number, text: string): ProcessEntry {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, threads] = [fields[0], Number(fields[17])];
  return {
    pid,
    group: Number(fields[2]),
    startTime: fields[19] ?? '',
    // The first thread of a dying process may be gone while others still hold its files: a port, a GPU's memory.
    isZombie: (state === 'Z' && threads <= 1) || state === 'X',
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
    return parsePs(
      execFileSync('ps', ['-o', 'pid=,pgid=,stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }),
    )[0];
  } catch {
    return undefined;
  }
}

/** Parses `ps -o pid=,pgid=,stat=,lstart=`. */
export function parsePs(text: string): ProcessEntry[] {
  return text.split('\n').flatMap((line) => {
    const [, pid, group, state, startTime] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line) ?? [];
    if (startTime === undefined) return [];
    return [{ pid: Number(pid), group: Number(group), startTime, isZombie: state?.startsWith('Z') ?? false }];
  });
}
