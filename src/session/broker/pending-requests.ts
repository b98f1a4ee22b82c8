import { serializeError, type SerializedError } from '../../base/errors';
import type { EventRecord, LeaseHolder } from '../events/events';
import type { LeaseHolding } from '../resources/lease-holding';
import type { LeaseDemand } from '../scheduler/state';
import type { LeaseGrant, OwnedRequest } from '../wire/lease-request';

/** A request for a lease that is neither granted nor refused yet, with the ways to tell its requester. */
export interface PendingRequest {
  readonly request: OwnedRequest;
  readonly spec: string;
  /** The holder of the lease once it is granted. */
  readonly holder: LeaseHolder;
  readonly holding: LeaseHolding;
  readonly since: number;
  readonly onLost: (leaseId: string, error: SerializedError) => void;
  grant(grant: LeaseGrant): void;
  reject(error: Error): void;
}

/** The requests that wait, by the ids of the demands that the scheduler has of them. */
export class PendingRequests {
  readonly #record: EventRecord;
  readonly #byDemand = new Map<string, PendingRequest>();
  #count = 0;

  constructor(record: EventRecord) {
    this.#record = record;
  }

  /** A new id for a demand. */
  newId(): string {
    this.#count += 1;
    return String(this.#count);
  }

  add(demandId: string, pending: PendingRequest): void {
    this.#byDemand.set(demandId, pending);
  }

  delete(demandId: string): void {
    this.#byDemand.delete(demandId);
  }

  get(demandId: string): PendingRequest | undefined {
    return this.#byDemand.get(demandId);
  }

  /** The request that a demand stands for, which must still wait. */
  of({ id }: LeaseDemand): PendingRequest {
    const pending = this.get(id);
    if (pending === undefined) throw new Error(`No request ${id}`);
    return pending;
  }

  refuse({ id }: LeaseDemand, error: Error): void {
    const pending = this.get(id);
    if (pending === undefined) return;
    const { code } = serializeError(error);
    this.#record.add({ type: 'refused', spec: pending.spec, requester: pending.request.requester, code });
    pending.reject(error);
  }
}
