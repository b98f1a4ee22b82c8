import { contend, couldUse, placeFor, withOlder } from './placement';
import { isOpen, isUp, type ScheduledLease, type ScheduledResource, type Waiter } from './state';

/**
 * Requests that wait for each other and, if there is one, the request among them that only fairness to older
 * ones holds back.
 */
export interface Stuck {
  readonly stuck: Waiter[];
  readonly overtaker: Waiter | undefined;
}

/**
 * Finds the waiting requests that can never be granted, in the order in which they came: a cycle of requests,
 * each of which waits for leases of the next one's requester. Empty if there is no cycle.
 *
 * All requests are presumed stuck. Each is freed as soon as something that it waits for can still come free
 * (a greatest fixed point). What remains is the cycle and the requests that wait behind it.
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

  /** Whether the request can still be granted: in its turn, or if it were the first. */
  canProceed(waiter: Waiter, turn: 'its own' | 'first' = 'its own'): boolean {
    if (waiter.resource !== undefined) return this.#canStart(waiter.resource);
    const { policy, key, retriedStop } = waiter;
    const all = [...this.#resources.values()];
    const own = policy.sharing === 'perLease' ? undefined : all.find((up) => up.key === key && isUp(up));
    if (own?.state === 'starting') return this.#canStart(own);
    const older = turn === 'first' ? [] : this.#stuckBefore(waiter);
    if (own !== undefined)
      return isOpen(own) ? !older.some((other) => couldUse(other, own)) : this.#canFree(own);
    // No third attempt is made at a stop that failed twice.
    const staying = all.filter(
      (resource) => !this.#canFree(resource) || (resource.state === 'stopFailed' && retriedStop),
    );
    return placeFor(waiter, withOlder(staying, older)) !== undefined;
  }

  /** The older requests for the same devices, for which fairness keeps this one waiting. */
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

  /** A start goes on unless it waits for a dependency that it can never get. */
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

/**
 * The leases that a request keeps: its requester's and, for the dependency of a resource, those of the
 * requests for that resource.
 */
function holdingOf(waiter: Waiter, waiters: readonly Waiter[], visited: readonly string[] = []): string[] {
  const { startOf } = waiter;
  if (startOf === undefined || visited.includes(startOf)) return [...waiter.holding];
  const dependents = waiters.filter(({ resource }) => resource?.id === startOf);
  return [
    ...waiter.holding,
    ...dependents.flatMap((dependent) => holdingOf(dependent, waiters, [...visited, startOf])),
  ];
}
