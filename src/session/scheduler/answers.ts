import type { Effects } from './effects';
import type { ScheduledLease, ScheduledResource, Waiter } from './state';

interface Answer {
  readonly waiter: Waiter;
  /** Undefined for a refusal. */
  readonly lease: ScheduledLease | undefined;
}

/**
 * The answers to requests that are decided, but not yet given: they wait with the other effects. Until an
 * answer is given, the requester may give up, and the resource may die.
 */
export class Answers {
  readonly #effects: Effects;
  readonly #open = new Map<string, Answer>();

  constructor(effects: Effects) {
    this.#effects = effects;
  }

  add(waiter: Waiter, lease: ScheduledLease | undefined, give: () => void): void {
    this.#open.set(waiter.id, { waiter, lease });
    this.#effects.add(() => {
      if (this.#open.delete(waiter.id)) give();
    });
  }

  /** Withdraws the answer to a request. Returns the lease that it would have given. */
  withdraw(demandId: string): ScheduledLease | undefined {
    const lease = this.#open.get(demandId)?.lease;
    this.#open.delete(demandId);
    return lease;
  }

  /**
   * Withdraws all leases on a resource, or all that no resource would hold. Returns the requests, which wait
   * again.
   */
  withdrawLeases(resource?: ScheduledResource): Waiter[] {
    const found = [...this.#open.values()].filter(
      ({ lease }) =>
        lease !== undefined &&
        (resource === undefined ? lease.holder === undefined : lease.resource === resource),
    );
    for (const { waiter } of found) this.#open.delete(waiter.id);
    return found.map(({ waiter }) => waiter);
  }
}
