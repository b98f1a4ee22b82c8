import { readFileSync, statSync } from 'node:fs';
import { isDead, readOrNothing, readSession, type KnownSession } from '../ledger/known-sessions';
import { findLedgers, ledgerDirectory, type Ledger } from '../ledger/ledger';
import { unstopped, type LedgerEntry, type ProcessLine } from '../ledger/ledger-entry';
import { membersLedBy, stopGroup } from '../os/process-group';
import { isAlive, type ProcessEntry, type ProcessIdentity } from '../os/process-identity';
import { isSessionDirectory, removeSessionDirectory, sessionDirectories } from '../ledger/session-directory';
import { killEscapedProcesses } from './escaped-processes';
import { sessionMark } from './session-mark';

/** What a sweep found and ended. */
export interface SweepReport {
  /** Dead sessions: their owner and their guardian were gone. */
  readonly sessions: string[];
  /** Their server processes that were still running and are ended now. */
  readonly processes: { readonly pid: number; readonly resourceId: string }[];
  /** Ledgers that cannot be judged, and in which nothing was written for a day. */
  readonly unknown: string[];
}

// A session takes milliseconds from making its ledger to the first line of it.
const longestBeginningMs = 3_600_000;
// Sessions of other machines with the same home are no news while they are young.
const unknownAfterMs = 24 * 3_600_000;

/**
 * Ends what dead sessions have left behind: a session is dead when neither its owner nor its guardian is
 * alive. A process is ended only if its number, start time, boot, host and namespace agree with the ledger.
 * Living sessions are never touched, nor those of other machines and containers, which cannot be judged.
 */
export async function sweepDeadSessions(stateDirectory: string): Promise<SweepReport> {
  const report: SweepReport = { sessions: [], processes: [], unknown: [] };
  for (const ledger of findLedgers(ledgerDirectory(stateDirectory))) {
    const known = readSession(ledger);
    if (known === undefined) {
      if (belongsToNone(ledger)) ledger.remove();
    } else if (known.isElsewhere) {
      if (isOlderThan(ledger, unknownAfterMs)) report.unknown.push(ledger.path);
    } else if (isDead(known)) {
      // What cannot be swept now keeps its ledger, for a later run. It must not stop this run.
      await sweepSession(known, report).catch(() => undefined);
    }
  }
  return report;
}

/**
 * Whether a ledger belongs to no session: the session died before its first line was complete, and then owned
 * nothing else; or an earlier version wrote the file anew after it had been swept.
 */
function belongsToNone(ledger: Ledger): boolean {
  try {
    if (/"type":"session".*\n/.test(readFileSync(ledger.path, 'utf8'))) return false;
    return isOlderThan(ledger, longestBeginningMs) && !ledger.read().some(namesLiving);
  } catch {
    // Another run has removed it.
    return false;
  }
}

function namesLiving(entry: LedgerEntry): boolean {
  if (entry.type === 'guardian') return isAlive(entry.guardian);
  return entry.type === 'process' && membersLedBy(entry.process).length > 0;
}

function isOlderThan({ path }: Ledger, ms: number): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs > ms;
}

async function sweepSession(known: KnownSession, report: SweepReport): Promise<void> {
  const { ledger, session } = known;
  const lines = known.isOfThisBoot ? unstopped(known.entries) : [];
  const survivors = await Promise.all(lines.map((line) => reclaim(line, session.session, report)));
  const escaped = isSessionDirectory(session.directory, session.session)
    ? await killEscapedProcesses(sessionDirectories(session.directory))
    : [];
  if (survivors.flat().length + escaped.length > 0) return;
  removeSessionDirectory(session.directory, session.session);
  ledger.remove();
  report.sessions.push(session.session);
}

/** Ends the server processes of a living session whose guardian has died. */
export async function reclaimProcesses(ledger: Ledger, session: string): Promise<SweepReport> {
  const report: SweepReport = { sessions: [], processes: [], unknown: [] };
  const lines = unstopped(readOrNothing(ledger));
  const end = async (line: ProcessLine): Promise<void> => {
    const survivors = await reclaim(line, session, report);
    if (survivors.length === 0) noteStopped(ledger, line);
  };
  await Promise.all(lines.map(end));
  return report;
}

function noteStopped(ledger: Ledger, { process: { pid } }: ProcessLine): void {
  try {
    ledger.append({ type: 'stopped', pid });
  } catch {
    // The ledger is gone, or cannot be written: the next run finds that the process is gone.
  }
}

/** Ends the processes that a line names; resolves to those that survive SIGKILL. */
async function reclaim(line: ProcessLine, session: string, report: SweepReport): Promise<readonly number[]> {
  const found = membersLedBy(line.process).filter((entry) => isOurs(entry, line.process, session));
  if (found.length === 0) return [];
  report.processes.push(...found.map((entry) => ({ pid: entry.pid, resourceId: line.resourceId })));
  const graceMs = isAlive(line.process) ? line.graceMs : 0;
  return (await stopGroup(line.process, graceMs, undefined, line.stopSignal)).survivors;
}

// A member is ours if it is the recorded leader, or if its environment has the session's mark. Where the
// environment cannot be read, the leader decides.
function isOurs(entry: ProcessEntry, leader: ProcessIdentity, session: string): boolean {
  if (entry.pid === leader.pid) return true;
  try {
    return readFileSync(`/proc/${entry.pid}/environ`, 'utf8').includes(`${sessionMark}=${session}`);
  } catch {
    return isAlive(leader);
  }
}
