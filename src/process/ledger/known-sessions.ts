import { findLedgers, ledgerDirectory, type Ledger } from './ledger';
import type { LedgerEntry } from './ledger-entry';
import { bootId, isAlive, type ProcessIdentity } from '../os/process-identity';

type SessionEntry = Extract<LedgerEntry, { type: 'session' }>;

/** A session as its ledger describes it. */
export interface KnownSession {
  readonly ledger: Ledger;
  readonly entries: readonly LedgerEntry[];
  readonly session: SessionEntry;
  /** Whether it began after the last boot of the machine: process numbers from before it mean nothing. */
  readonly isOfThisBoot: boolean;
}

/** Every session that has a ledger, living or dead. */
export function knownSessions(stateDirectory: string): KnownSession[] {
  return findLedgers(ledgerDirectory(stateDirectory)).flatMap((ledger) => readSession(ledger) ?? []);
}

/** Reads a ledger; undefined if it is being removed, or if its first line is incomplete. */
export function readSession(ledger: Ledger): KnownSession | undefined {
  const entries = readOrNothing(ledger);
  const session = entries.find((entry): entry is SessionEntry => entry.type === 'session');
  if (session === undefined) return undefined;
  return { ledger, entries, session, isOfThisBoot: session.bootId === bootId() };
}

/** Whether neither the session's owner nor a guardian of it is alive. */
export function isDead({ session, entries, isOfThisBoot }: KnownSession): boolean {
  return !isOfThisBoot || ![session.owner, ...guardians(entries)].some(isAlive);
}

function guardians(entries: readonly LedgerEntry[]): ProcessIdentity[] {
  return entries.flatMap((entry) => (entry.type === 'guardian' ? [entry.guardian] : []));
}

/** The entries of a ledger; none if it is gone, since another run may sweep it at the same time. */
export function readOrNothing(ledger: Ledger): LedgerEntry[] {
  try {
    return ledger.read();
  } catch {
    return [];
  }
}
