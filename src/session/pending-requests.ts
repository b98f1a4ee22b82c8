import { serializeError, type SerializedError } from '../pattern/errors';
import type { EventRecord } from './events';
import type { LeaseDemand } from './scheduled';
import type { ConnectionRequest, LeaseGrant } from './session-connection';

/** A request for a lease that is neither granted nor refused, and how to tell its requester of either. */
export interface PendingRequest {
  readonly request: ConnectionRequest;
  readonly spec: string;
  readonly since: number;
  readonly onLost: (leaseId: string, error: SerializedError) => void;
  grant(grant: LeaseGrant): void;
  reject(error: Error): void;
}

/** The requests that wait, by the demands that the scheduler has of them. */
export class PendingRequests {
  readonly #record: EventRecord;
  readonly #byDemand = new Map<string, PendingRequest>();
  #count = 0;

  constructor(record: EventRecord) {
    this.#record = record;
  }

  /** A name for a demand. */
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

  /** What a demand is, which must still wait. */
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
