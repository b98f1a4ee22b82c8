import { readFileSync, statSync } from 'node:fs';
import { guardians, isDead, readOrNothing, readSession, type KnownSession } from '../ledger/known-sessions';
import { findLedgers, ledgerDirectory, type Ledger } from '../ledger/ledger';
import { unstopped, type LedgerEntry, type ProcessLine } from '../ledger/ledger-entry';
import { isSessionDirectory, removeSessionDirectory, sessionDirectories } from '../ledger/session-directory';
import { membersLedBy, stopGroup } from '../os/process-group';
import { isAlive, livingEntry, type ProcessEntry } from '../os/process-identity';
import { endEscaped } from './escaped-processes';
import { remainingProcesses, type SessionTraces } from './remaining-processes';
import { killWorkers, notedWorkers } from './workers';

/** What a sweep found and ended. */
export interface SweepReport {
  /** Dead sessions: their owner was gone, and their guardian gone or frozen. */
  readonly sessions: string[];
  /** Their processes that were still running and are ended now: servers, and workers of Jest. */
  readonly processes: { readonly pid: number; readonly resourceId: string }[];
  /** Ledgers that cannot be judged, and in which nothing was written for a day. */
  readonly unknown: string[];
}

// A session takes milliseconds from making its ledger to the first line of it.
const longestBeginningMs = 3_600_000;
// Sessions of other machines with the same home are no news while they are young.
const unknownAfterMs = 24 * 3_600_000;

/**
 * Ends what dead sessions have left behind: a session is dead when its owner is, and its guardian is dead or
 * frozen. Its processes are those of {@link remainingProcesses}, since the last boot. Living sessions are
 * never touched, nor those of other machines and containers, which cannot be judged.
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
  // One that is frozen would hold the session for ever: it has nobody left to wait for.
  if (known.isOfThisBoot) await endEscaped(() => livingGuardians(known), { graceMs: 0 });
  const directories = isSessionDirectory(session.directory, session.session)
    ? sessionDirectories(session.directory)
    : [];
  const traces = { session: session.session, entries: known.entries, directories };
  const survivors = known.isOfThisBoot ? await endRemaining(traces, report) : [];
  const workers = await killWorkers(session.session, known.isOfThisBoot ? notedWorkers(known.entries) : []);
  report.processes.push(...workers.found.map((pid) => ({ pid, resourceId: 'Jest (a worker)' })));
  if (survivors.length + workers.survivors.length > 0) return;
  removeSessionDirectory(session.directory, session.session);
  ledger.remove();
  report.sessions.push(session.session);
}

function livingGuardians({ entries }: KnownSession): ProcessEntry[] {
  return guardians(entries).flatMap((guardian) => livingEntry(guardian) ?? []);
}

/**
 * Ends the server processes of a living session whose guardian is gone.
 *
 * @param directory the session's.
 * @param forceKill ends all grace periods when aborted.
 */
export async function reclaimProcesses(
  ledger: Ledger,
  session: string,
  directory: string,
  forceKill?: AbortSignal,
): Promise<SweepReport> {
  const report: SweepReport = { sessions: [], processes: [], unknown: [] };
  const entries = readOrNothing(ledger);
  const traces = { session, entries, directories: sessionDirectories(directory) };
  const survivors = await endRemaining(traces, report, forceKill);
  if (survivors.length > 0) return report;
  for (const line of unstopped(entries)) noteStopped(ledger, line);
  return report;
}

function noteStopped(ledger: Ledger, { process: { pid } }: ProcessLine): void {
  try {
    ledger.append({ type: 'stopped', pid });
  } catch {
    // The ledger is gone, or cannot be written: the next run finds that the process is gone.
  }
}

/** Ends what is left of a session; resolves to the processes that survive SIGKILL. */
async function endRemaining(
  traces: SessionTraces,
  report: SweepReport,
  forceKill?: AbortSignal,
): Promise<readonly number[]> {
  const found = remainingProcesses(traces);
  if (found.length === 0) return [];
  report.processes.push(...found.map(({ pid, resourceId }) => ({ pid, resourceId })));
  const groups = unstopped(traces.entries).filter(({ process: { pid } }) =>
    found.some(({ group }) => group === pid),
  );
  await Promise.all(
    groups.map((line) =>
      stopGroup(line.process, isAlive(line.process) ? line.graceMs : 0, forceKill, line.stopSignal),
    ),
  );
  return endEscaped(() => remainingProcesses(traces), { graceMs: 0 });
}
