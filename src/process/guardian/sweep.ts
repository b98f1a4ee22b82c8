import { readFileSync, statSync } from 'node:fs';
import { isDead, readOrNothing, readSession, type KnownSession } from '../ledger/known-sessions';
import { findLedgers, ledgerDirectory, type Ledger } from '../ledger/ledger';
import { unstopped, type ProcessLine } from '../ledger/ledger-entry';
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
}

// A session takes milliseconds from making its ledger to the first line of it.
const longestBeginningMs = 3_600_000;

/**
 * Ends what dead sessions have left behind: a session is dead when neither its owner nor its guardian is
 * alive. A process is ended only if its number, start time and boot agree with the ledger. Living sessions
 * are never touched.
 */
export async function sweepDeadSessions(stateDirectory: string): Promise<SweepReport> {
  const report: SweepReport = { sessions: [], processes: [] };
  for (const ledger of findLedgers(ledgerDirectory(stateDirectory))) {
    const known = readSession(ledger);
    if (known === undefined) {
      if (neverBegan(ledger)) ledger.remove();
    } else if (isDead(known)) {
      // What cannot be swept now keeps its ledger, for a later run. It must not stop this run.
      await sweepSession(known, report).catch(() => undefined);
    }
  }
  return report;
}

/** Whether the session died before its first line was complete: it then owned nothing else. */
function neverBegan({ path }: Ledger): boolean {
  try {
    return (
      !/\S\n/.test(readFileSync(path, 'utf8')) && Date.now() - statSync(path).mtimeMs > longestBeginningMs
    );
  } catch {
    // Another run has removed it.
    return false;
  }
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
  const report: SweepReport = { sessions: [], processes: [] };
  const lines = unstopped(readOrNothing(ledger));
  const end = async (line: ProcessLine): Promise<void> => {
    const survivors = await reclaim(line, session, report);
    if (survivors.length === 0) ledger.append({ type: 'stopped', pid: line.process.pid });
  };
  await Promise.all(lines.map(end));
  return report;
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
