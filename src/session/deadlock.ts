import { contend, couldUse, placeFor, withOlder } from './placement';
import { isOpen, isUp, type ScheduledLease, type ScheduledResource, type Waiter } from './scheduled';

/** Requests that wait for each other, and one of them that only fairness to older ones holds back, if there is one. */
export interface Stuck {
  readonly stuck: Waiter[];
  readonly overtaker: Waiter | undefined;
}

/**
 * The waiting requests that can never be granted, in the order they came: each waits for leases that are held by requesters
 * who wait themselves, in a circle. Empty while there is none.
 *
 * All are presumed stuck, and freed one by one as soon as something they wait for can still come free (a greatest fixed
 * point); what remains is the cycle and whatever waits behind it.
 */
export function findStuck(
  waiters: readonly Waiter[],
  resources: ReadonlyMap<string, ScheduledResource>,
  leases: ReadonlyMap<string, ScheduledLease>,
): Stuck {
  let stuck = [...waiters];
  for (;;) {
    const graph = new WaitGraph(stuck, waiters, resources, leases);
    const remaining = stuck.filter((waiter) => !graph.canProceed(waiter));
    if (remaining.length === stuck.length) {
      return { stuck, overtaker: stuck.find((waiter) => graph.canProceed(waiter, 'first')) };
    }
    stuck = remaining;
  }
}

class WaitGraph {
  readonly #stuck: readonly Waiter[];
  readonly #resources: ReadonlyMap<string, ScheduledResource>;
  readonly #leases: ReadonlyMap<string, ScheduledLease>;
  /** Leases that a stuck request keeps from being released. */
  readonly #pinned: Set<string>;

  constructor(
    stuck: readonly Waiter[],
    waiters: readonly Waiter[],
    resources: ReadonlyMap<string, ScheduledResource>,
    leases: ReadonlyMap<string, ScheduledLease>,
  ) {
    this.#stuck = stuck;
    this.#resources = resources;
    this.#leases = leases;
    this.#pinned = new Set(stuck.flatMap((waiter) => holdingOf(waiter, waiters)));
  }

  /** Whether it can still be granted, in its turn or if it were the first. */
  canProceed(waiter: Waiter, turn: 'its own' | 'first' = 'its own'): boolean {
    if (waiter.resource !== undefined) return this.#canStart(waiter.resource);
    const { policy, key, retriedStop } = waiter;
    const all = [...this.#resources.values()];
    const own = policy.sharing === 'perLease' ? undefined : all.find((up) => up.key === key && isUp(up));
    if (own?.state === 'starting') return this.#canStart(own);
    const older = turn === 'first' ? [] : this.#stuckBefore(waiter);
    if (own !== undefined)
      return isOpen(own) ? !older.some((other) => couldUse(other, own)) : this.#canFree(own);
    // A stop that failed twice is not hoped for.
    const staying = all.filter(
      (resource) => !this.#canFree(resource) || (resource.state === 'stopFailed' && retriedStop),
    );
    return placeFor(waiter, withOlder(staying, older)) !== undefined;
  }

  /** Fairness may keep a request waiting: for older ones that want the same devices. */
  #stuckBefore(waiter: Waiter): Waiter[] {
    return this.#stuck
      .slice(0, this.#stuck.indexOf(waiter))
      .filter(
        (older) =>
          older.resource === undefined &&
          contend(older, waiter) &&
          (older.key !== waiter.key || older.policy.sharing === 'perLease'),
      );
  }

  /** A start goes on unless it waits for a dependency in vain. */
  #canStart(resource: ScheduledResource): boolean {
    return !this.#stuck.some(({ startOf }) => startOf === resource.id);
  }

  #canFree(resource: ScheduledResource): boolean {
    return this.#canStart(resource) && [...resource.leases].every((id) => this.#canRelease(id));
  }

  #canRelease(id: string): boolean {
    if (this.#pinned.has(id)) return false;
    const holder = this.#resources.get(this.#leases.get(id)?.holder ?? '');
    return holder === undefined || this.#canFree(holder);
  }
}

/** What a request keeps: its requester's leases and, for a resource's dependency, those of whoever waits for that resource. */
function holdingOf(waiter: Waiter, waiters: readonly Waiter[], visited: readonly string[] = []): string[] {
  const { startOf } = waiter;
  if (startOf === undefined || visited.includes(startOf)) return [...waiter.holding];
  const dependents = waiters.filter(({ resource }) => resource?.id === startOf);
  return [
    ...waiter.holding,
    ...dependents.flatMap((dependent) => holdingOf(dependent, waiters, [...visited, startOf])),
  ];
}
