import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { parsePs, processEntry, psColumns, type ProcessEntry } from './process-identity';

/** All processes, zombies too. */
export function processTable(): ProcessEntry[] {
  return processesBesides(new Set()).entries;
}

/** Why the processes of this machine cannot be looked up by their numbers; undefined if they can. */
export function whyUnreadable(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const self = readLink('/proc/self');
  if (self === undefined) return '/proc is not mounted';
  return self === String(process.pid) ? undefined : '/proc shows the processes of another namespace';
}

/** The numbers of all processes. */
export function processIds(): number[] {
  return process.platform === 'linux' ? numbersInProc() : psTable().map(({ pid }) => pid);
}

/**
 * The numbers of all processes, and the entries of those that are not in `known`. On Linux it takes a
 * millisecond for a thousand known processes, where their entries would take twenty.
 */
export function processesBesides(known: ReadonlySet<number>): {
  readonly pids: readonly number[];
  readonly entries: ProcessEntry[];
} {
  if (process.platform !== 'linux') {
    const all = psTable();
    return { pids: all.map(({ pid }) => pid), entries: all.filter(({ pid }) => !known.has(pid)) };
  }
  const pids = numbersInProc();
  return { pids, entries: pids.flatMap((pid) => (known.has(pid) ? [] : (processEntry(pid) ?? []))) };
}

/**
 * The environment with which a process began, as `NAME=value` texts; none if it has overwritten it, or is
 * about to become another program. Undefined where it cannot be read: the process is gone or another user's,
 * or the system is not Linux.
 */
export function environmentOf(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
  } catch {
    return undefined;
  }
}

/** Where a process works; undefined where {@link environmentOf} is. */
export function workingDirectoryOf(pid: number): string | undefined {
  return readLink(`/proc/${pid}/cwd`);
}

/** The path of the program that a process runs, without links; undefined where {@link environmentOf} is. */
export function executableOf(pid: number): string | undefined {
  return readLink(`/proc/${pid}/exe`);
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function numbersInProc(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function psTable(): ProcessEntry[] {
  return parsePs(execFileSync('ps', ['-axo', psColumns], { encoding: 'utf8' }));
}
