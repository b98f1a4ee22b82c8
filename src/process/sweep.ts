import { readFileSync, statSync } from 'node:fs';
import { isDead, readOrNothing, readSession, type KnownSession } from './known-sessions';
import { findLedgers, ledgerDirectory, type Ledger } from './ledger';
import { unstopped, type ProcessLine } from './ledger-entry';
import { membersLedBy, stopGroup } from './process-group';
import { isAlive, type ProcessEntry, type ProcessIdentity } from './process-identity';
import { removeSessionDirectory, sessionDirectories } from './session-directory';
import { killStrays } from './stray-processes';

/** What a sweep found and ended. */
export interface SweepReport {
  /** Sessions whose owner and guardian were both gone. */
  readonly sessions: string[];
  /** Server processes of theirs that were still running and are ended now. */
  readonly processes: { readonly pid: number; readonly resourceId: string }[];
}

/** The variable that marks every server process with the session it belongs to. */
export const sessionMark = 'JEST_MODEL_PROVIDER_PROCESS';

// Between making a ledger and its first line a session needs milliseconds.
const longestBeginningMs = 3_600_000;

/**
 * Ends what dead sessions left behind: a session is dead when neither its owner nor its guardian is alive. A process is ended
 * only if number, start time and boot agree with the ledger. Living sessions are never touched.
 */
export async function sweepDeadSessions(stateDirectory: string): Promise<SweepReport> {
  const report: SweepReport = { sessions: [], processes: [] };
  for (const ledger of findLedgers(ledgerDirectory(stateDirectory))) {
    const known = readSession(ledger);
    if (known === undefined) {
      if (neverBegan(ledger)) ledger.remove();
    } else if (isDead(known)) {
      // What cannot be swept now keeps its ledger for a later run; it must not stand in the way of this one.
      await sweepSession(known, report).catch(() => undefined);
    }
  }
  return report;
}

/** Whether the session died before its first line was whole: then it had nothing else. */
function neverBegan({ path }: Ledger): boolean {
  try {
    return (
      !/\S\n/.test(readFileSync(path, 'utf8')) && Date.now() - statSync(path).mtimeMs > longestBeginningMs
    );
  } catch {
    // Another run was faster.
    return false;
  }
}

async function sweepSession(known: KnownSession, report: SweepReport): Promise<void> {
  const { ledger, session } = known;
  const lines = known.isOfThisBoot ? unstopped(known.entries) : [];
  const survivors = await Promise.all(lines.map((line) => reclaim(line, session.session, report)));
  const strays = await killStrays(sessionDirectories(session.directory));
  if (survivors.flat().length + strays.length > 0) return;
  removeSessionDirectory(session.directory, session.session);
  ledger.remove();
  report.sessions.push(session.session);
}

/** Ends the processes that a session whose guardian died still has; the session itself lives on. */
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

/** Ends what a line names; resolves to the processes that even SIGKILL did not end. */
async function reclaim(line: ProcessLine, session: string, report: SweepReport): Promise<readonly number[]> {
  const found = membersLedBy(line.process).filter((entry) => isOurs(entry, line.process, session));
  if (found.length === 0) return [];
  report.processes.push(...found.map((entry) => ({ pid: entry.pid, resourceId: line.resourceId })));
  const graceMs = isAlive(line.process) ? line.graceMs : 0;
  return (await stopGroup(line.process, graceMs, undefined, line.stopSignal)).survivors;
}

// A member is ours if it is the recorded leader, or if its environment says so where that can be read.
function isOurs(entry: ProcessEntry, leader: ProcessIdentity, session: string): boolean {
  if (entry.pid === leader.pid) return true;
  try {
    return readFileSync(`/proc/${entry.pid}/environ`, 'utf8').includes(`${sessionMark}=${session}`);
  } catch {
    return isAlive(leader);
  }
}
