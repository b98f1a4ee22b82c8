import { findLedgers, ledgerDirectory, type Ledger } from './ledger';
import type { LedgerEntry } from './ledger-entry';
import { whereIs } from '../os/machine';
import { isAlive, isFrozen, type ProcessIdentity } from '../os/process-identity';

type SessionEntry = Extract<LedgerEntry, { type: 'session' }>;

/** A session as its ledger describes it. */
export interface KnownSession {
  readonly ledger: Ledger;
  readonly entries: readonly LedgerEntry[];
  readonly session: SessionEntry;
  /** Whether it began after the last boot of the machine: process numbers from before it mean nothing. */
  readonly isOfThisBoot: boolean;
  /** Whether it is of another machine or container, or of an unknown one, so that it cannot be judged. */
  readonly isElsewhere: boolean;
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
  const where = whereIs(session);
  return { ledger, entries, session, isOfThisBoot: where === 'here', isElsewhere: where === 'elsewhere' };
}

/**
 * Whether it is known that the session's owner is dead, and no guardian of it is at work: one that is frozen, without anybody
 * who could notice it, would otherwise keep the session for ever.
 */
export function isDead({ session, entries, isOfThisBoot, isElsewhere }: KnownSession): boolean {
  if (isElsewhere) return false;
  if (!isOfThisBoot) return true;
  return (
    !isAlive(session.owner) &&
    !guardians(entries).some((guardian) => isAlive(guardian) && !isFrozen(guardian))
  );
}

/** The guardians that a session has had. */
export function guardians(entries: readonly LedgerEntry[]): ProcessIdentity[] {
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
