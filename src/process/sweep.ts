import { readFileSync } from 'node:fs';
import { findLedgers, ledgerDirectory, type Ledger } from './ledger';
import type { LedgerEntry } from './ledger-entry';
import { groupMembers, killGroup, stopGroup } from './process-group';
import { bootId, isAlive, type ProcessEntry, type ProcessIdentity } from './process-identity';
import { removeSessionDirectory } from './session-directory';

/** What a sweep found and ended. */
export interface SweepReport {
  /** Sessions whose owner and guardian were both gone. */
  readonly sessions: string[];
  /** Server processes of theirs that were still running and are ended now. */
  readonly processes: { readonly pid: number; readonly resourceId: string }[];
}

/** The variable that marks every server process with the session it belongs to. */
export const sessionMark = 'JEST_MODEL_PROVIDER_PROCESS';

type SessionEntry = Extract<LedgerEntry, { type: 'session' }>;
type ProcessLine = Extract<LedgerEntry, { type: 'process' }>;

/**
 * Ends what dead sessions left behind: a session is dead when neither its owner nor its guardian is alive. A process is ended
 * only if number, start time and boot agree with the ledger. Living sessions are never touched.
 */
export async function sweepDeadSessions(stateDirectory: string): Promise<SweepReport> {
  const report: SweepReport = { sessions: [], processes: [] };
  for (const ledger of findLedgers(ledgerDirectory(stateDirectory))) await sweepLedger(ledger, report);
  return report;
}

async function sweepLedger(ledger: Ledger, report: SweepReport): Promise<void> {
  const entries = readOrNothing(ledger);
  const session = entries.find((entry): entry is SessionEntry => entry.type === 'session');
  if (session === undefined || [session.owner, ...guardians(entries)].some(isAliveSince(session.bootId)))
    return;
  if (session.bootId === bootId())
    await Promise.all(unstopped(entries).map((line) => reclaim(line, session.session, report)));
  removeSessionDirectory(session.directory, session.session);
  ledger.remove();
  report.sessions.push(session.session);
}

/** Ends the processes that a session whose guardian died still has; the session itself lives on. */
export async function reclaimProcesses(ledger: Ledger, session: string): Promise<SweepReport> {
  const report: SweepReport = { sessions: [], processes: [] };
  const lines = unstopped(readOrNothing(ledger));
  await Promise.all(lines.map((line) => reclaim(line, session, report)));
  for (const line of lines) ledger.append({ type: 'stopped', pid: line.process.pid });
  return report;
}

async function reclaim(line: ProcessLine, session: string, report: SweepReport): Promise<void> {
  const { pid } = line.process;
  const found = groupMembers(pid).filter((entry) => isOurs(entry, line.process, session));
  if (found.length === 0) return;
  report.processes.push(...found.map((entry) => ({ pid: entry.pid, resourceId: line.resourceId })));
  if (isAlive(line.process)) await stopGroup(pid, line.graceMs);
  else await killGroup(pid);
}

// A group outlives its leader, and its number cannot be given away meanwhile. A member is ours if it is the recorded leader,
// or if its environment says so where that can be read.
function isOurs(entry: ProcessEntry, leader: ProcessIdentity, session: string): boolean {
  if (entry.pid === leader.pid) return entry.startTime === leader.startTime;
  try {
    return readFileSync(`/proc/${entry.pid}/environ`, 'utf8').includes(`${sessionMark}=${session}`);
  } catch {
    return isAlive(leader);
  }
}

function guardians(entries: LedgerEntry[]): ProcessIdentity[] {
  return entries.flatMap((entry) => (entry.type === 'guardian' ? [entry.guardian] : []));
}

function unstopped(entries: LedgerEntry[]): ProcessLine[] {
  const stopped = new Set(entries.flatMap((entry) => (entry.type === 'stopped' ? [entry.pid] : [])));
  return entries.filter(
    (entry): entry is ProcessLine => entry.type === 'process' && !stopped.has(entry.process.pid),
  );
}

function isAliveSince(boot: string): (identity: ProcessIdentity) => boolean {
  return (identity) => boot === bootId() && isAlive(identity);
}

// Another run may sweep the same ledger at the same time.
function readOrNothing(ledger: Ledger): LedgerEntry[] {
  try {
    return ledger.read();
  } catch {
    return [];
  }
}
