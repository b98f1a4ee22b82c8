import { anySignal } from '../../base/any-signal';
import type { LeaseHolding } from '../resources/lease-holding';
import type { LeaseGrant, OwnedRequest } from '../wire/lease-request';

/**
 * What one holder has of the session: a test file, a script or a command. All its leases end with it.
 *
 * A lease passes four objects on its way: the `LeaseClient` knows which code asks, a `SessionTransport`
 * carries the request to the session, the `LeaseAccount` keeps the leases of one holder together, and the
 * session lends.
 */
export interface LeaseAccount {
  /** @throws ModelProviderError what {@link ModelProvider.setup} documents. */
  lease(request: OwnedRequest, signal?: AbortSignal): Promise<LeaseGrant>;
  /** Resolves when everything that the release entails is done. Repeating it repeats a stop that failed. */
  release(leaseId: string): Promise<void>;
  /** A test that holds the lease has failed. */
  testFailed(leaseId: string, test: string): void;
  /** Remarks something about the leased resource. */
  note(leaseId: string, message: string): void;
  /** To be called when the holder is about to end: releases everything, and looks at what it has left open. */
  ending(): Promise<void>;
  /** Resolves when everything is released, and what was put off until now is done. */
  close(): Promise<void>;
}

/** What an account needs of its session. */
interface Lender {
  lease(request: OwnedRequest, signal: AbortSignal): Promise<LeaseGrant>;
  release(leaseId: string): Promise<void>;
  testFailed(leaseId: string, test: string): void;
  note(leaseId: string, message: string): void;
  /** Whether the stop that this release entailed has failed. */
  canRepeat(leaseId: string): boolean;
  readonly holding: LeaseHolding;
}

/** Keeps account of the leases of one holder, so that they end with it. */
export function leaseAccount(lender: Lender): LeaseAccount {
  const leases = new Set<string>();
  const closed = new AbortController();
  const releaseAll = async (): Promise<void> => {
    closed.abort();
    await Promise.allSettled([...leases].map((leaseId) => lender.release(leaseId)));
    leases.clear();
  };
  return {
    lease: async (request, signal) => {
      const ends = anySignal(closed.signal, ...(signal === undefined ? [] : [signal]));
      const grant = await lender.lease(request, ends);
      leases.add(grant.leaseId);
      if (closed.signal.aborted) await lender.release(grant.leaseId);
      return grant;
    },
    release: async (leaseId) => {
      if (leases.delete(leaseId) || lender.canRepeat(leaseId)) await lender.release(leaseId);
    },
    testFailed: (leaseId, test) => {
      if (leases.has(leaseId)) lender.testFailed(leaseId, test);
    },
    note: (leaseId, message) => {
      if (leases.has(leaseId)) lender.note(leaseId, message);
    },
    ending: async () => {
      await releaseAll();
      await lender.holding.look();
    },
    close: async () => {
      await releaseAll();
      await lender.holding.end();
    },
  };
}
