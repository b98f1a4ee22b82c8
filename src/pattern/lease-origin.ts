import type { AbortSignal } from '../base/real-globals';
import type { SessionLease } from './session-client';

/** What is known of how a leased resource is run: what launched it, and how it is reached. */
export type LeaseOrigin = Pick<SessionLease, 'facts' | 'connection'>;

const origins = new WeakMap<AbortSignal, LeaseOrigin>();

/** Remembers the origin of a lease by the signal that its client was given. */
export function noteOrigin(lease: AbortSignal, { facts, connection }: LeaseOrigin): void {
  origins.set(lease, { facts, connection });
}

/** The origin of a lease of this realm; undefined for another signal. */
export function originOf(lease: AbortSignal): LeaseOrigin | undefined {
  return origins.get(lease);
}
