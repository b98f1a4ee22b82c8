import { unstopped, type LedgerEntry, type ProcessLine } from '../ledger/ledger-entry';
import type { ProcessEntry, ProcessIdentity } from '../os/process-identity';
import { environmentOf, processTable } from '../os/process-table';
import { markedServer } from './session-mark';
import { worksAs } from './working-process';

/** What shows which processes are a session's. */
export interface SessionTraces {
  readonly session: string;
  /** Of its ledger; all of this boot. */
  readonly entries: readonly LedgerEntry[];
  /** The directories that it made, in which only its own servers work with their programs. */
  readonly directories: readonly string[];
}

export interface RemainingProcess extends ProcessEntry {
  readonly resourceId: string;
}

/**
 * The living processes of a session without a guardian: the groups of its servers, what has its mark, what
 * the guardian noted in the ledger, what works in a directory of it and runs a program that it started, and
 * all descendants of those. This process and those that it descends from are never among them.
 */
export function remainingProcesses({ session, entries, directories }: SessionTraces): RemainingProcess[] {
  const launched = entries.filter((entry) => entry.type === 'process');
  if (launched.length === 0) return [];
  const lines = unstopped(entries);
  const noted = entries.flatMap((entry) =>
    entry.type === 'descendants' ? entry.processes.map((identity) => ({ identity, of: entry.of })) : [],
  );
  const executables = lines.flatMap(({ executable }) => executable ?? []);
  const all = processTable();
  const lineage = lineageIn(all);
  const table = all.filter(({ isZombie }) => !isZombie);
  const servers = new Map(
    table.flatMap(({ pid }) => [[pid, markedServer(session, environmentOf(pid))] as const]),
  );
  const nameOf = (line: ProcessLine | undefined): string => line?.resourceId ?? `session ${session}`;

  const owner = (entry: ProcessEntry): string | undefined => {
    const leader = lines.find((line) => line.process.pid === entry.group);
    if (leader !== undefined && isGroupOf(leader.process, all, servers)) return leader.resourceId;
    const server = servers.get(entry.pid);
    if (server !== undefined) return nameOf(launched.find(({ id }) => id === server));
    const note = noted.find(({ identity }) => isSame(identity, entry));
    if (note !== undefined) return nameOf(launched.find(({ process: { pid } }) => pid === note.of));
    const line = lines.find(({ executable }) => executable !== undefined);
    return line !== undefined && worksAs(entry.pid, directories, executables) ? nameOf(line) : undefined;
  };
  const found = new Map<number, RemainingProcess>();
  const add = (entry: ProcessEntry, resourceId: string | undefined): void => {
    if (resourceId !== undefined && !lineage.has(entry.pid) && !found.has(entry.pid))
      found.set(entry.pid, { ...entry, resourceId });
  };
  for (const entry of table) add(entry, owner(entry));
  // Until no child of one of them is missing.
  for (let before = -1; before < found.size;) {
    before = found.size;
    for (const entry of table) add(entry, found.get(entry.parent)?.resourceId);
  }
  return [...found.values()];
}

// The system reuses a number only when its group is empty. So a group is the leader's as long as it is alive;
// after that, one member with the mark shows that it still is.
function isGroupOf(
  leader: ProcessIdentity,
  table: readonly ProcessEntry[],
  servers: ReadonlyMap<number, string | undefined>,
): boolean {
  const now = table.find(({ pid }) => pid === leader.pid);
  if (now !== undefined) return isSame(leader, now);
  return table.some(({ pid, group }) => group === leader.pid && servers.get(pid) !== undefined);
}

function isSame(identity: ProcessIdentity, entry: ProcessEntry): boolean {
  return identity.pid === entry.pid && identity.startTime === entry.startTime;
}

/** This process and its ancestors: whoever looks may itself have been started by a server. */
function lineageIn(table: readonly ProcessEntry[]): ReadonlySet<number> {
  const lineage = new Set<number>();
  for (let pid = process.pid; pid > 1 && !lineage.has(pid);) {
    lineage.add(pid);
    pid = table.find((entry) => entry.pid === pid)?.parent ?? 0;
  }
  return lineage;
}
