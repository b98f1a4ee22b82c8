import type { Json } from '../../base/json';
import type { ResourceRef } from '../../pattern/resource-spec';
import type { SessionLease } from '../../pattern/session-client';

// A request for a lease changes its form on the way from a spec to the scheduler:
// ParsedRequest (pattern)     what a spec asks for, checked, with its label
// LeaseRequest (pattern)      what the session client is asked for
// OwnedRequest (here)         the same with its owner: what crosses to the session
// PendingRequest (broker)     an owned request that waits, with the ways to answer it
// LeaseDemand (scheduler)     what the scheduler needs to know of it
// Waiter (scheduler)          a demand in the queue

/** A request for a lease, with what the session must know of the code that asks. */
export interface OwnedRequest extends ResourceRef {
  /** Leases that the requester cannot give back before this one is granted. */
  readonly holding: readonly string[];
  /** Who asks, for messages: the file and the test. */
  readonly requester: string;
}

/** A lease as the session grants it. */
export interface LeaseGrant {
  readonly leaseId: string;
  readonly resourceId: string;
  readonly connection: Json;
  readonly facts: SessionLease['facts'];
}
