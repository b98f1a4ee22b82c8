import { findLedgers, ledgerDirectory, type Ledger } from './ledger';
import type { LedgerEntry } from './ledger-entry';
import { bootId, isAlive, type ProcessIdentity } from './process-identity';

type SessionEntry = Extract<LedgerEntry, { type: 'session' }>;

/** A session as its ledger tells of it. */
export interface KnownSession {
  readonly ledger: Ledger;
  readonly entries: readonly LedgerEntry[];
  readonly session: SessionEntry;
  /** Whether it began since the machine was booted: process numbers recorded before that mean nothing. */
  readonly isOfThisBoot: boolean;
}

/** Every session whose ledger is there, living and dead ones. */
export function knownSessions(stateDirectory: string): KnownSession[] {
  return findLedgers(ledgerDirectory(stateDirectory)).flatMap((ledger) => readSession(ledger) ?? []);
}

/** What a ledger tells; undefined if it is being removed, or was torn before its first line was whole. */
export function readSession(ledger: Ledger): KnownSession | undefined {
  const entries = readOrNothing(ledger);
  const session = entries.find((entry): entry is SessionEntry => entry.type === 'session');
  if (session === undefined) return undefined;
  return { ledger, entries, session, isOfThisBoot: session.bootId === bootId() };
}

/** Whether neither its owner nor its guardian is alive. */
export function isDead({ session, entries, isOfThisBoot }: KnownSession): boolean {
  return !isOfThisBoot || ![session.owner, ...guardians(entries)].some(isAlive);
}

function guardians(entries: readonly LedgerEntry[]): ProcessIdentity[] {
  return entries.flatMap((entry) => (entry.type === 'guardian' ? [entry.guardian] : []));
}

/** What a ledger tells; nothing if it is gone, for another run may sweep it at the same time. */
export function readOrNothing(ledger: Ledger): LedgerEntry[] {
  try {
    return ledger.read();
  } catch {
    return [];
  }
}
