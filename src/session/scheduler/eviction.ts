import { isInTheWay, placeFor, withOlder, type Claim, type Occupant } from './placement';
import type { Placed } from './reservations';
import type { ScheduledResource, ScheduledLease } from './state';

/** What the choice of a victim depends on. */
export interface EvictionContext {
  readonly all: readonly ScheduledResource[];
  /** The resources that are not about to end, and the older requests. */
  readonly staying: readonly Occupant[];
  readonly reserved: readonly Placed[];
  readonly older: readonly Claim[];
}

/**
 * The resource to evict for a claim: of the unused ones that are in its way, the cheapest to bring back.
 * Undefined if no eviction helps.
 */
export function victimFor(
  claim: Claim,
  { all, staying, reserved, older }: EvictionContext,
  dependents: Dependents,
): ScheduledResource | undefined {
  const victims = all
    .filter(
      (resource) =>
        isInTheWay(resource, claim, staying) &&
        dependents.isEvictable(resource) &&
        !reserved.some(({ key }) => key === resource.key),
    )
    // A resource with dependents comes last: their loads would be lost with it.
    .sort(
      (a, b) =>
        Number(a.leases.size > 0) - Number(b.leases.size > 0) || a.cost - b.cost || a.lastUsed - b.lastUsed,
    );
  const others = all.filter((resource) => !dependents.isEmptying(resource) && !victims.includes(resource));
  return placeFor(claim, withOlder(others, older)) === undefined ? undefined : victims[0];
}

/**
 * Whether an evicted resource falls asleep instead of ending. One that is not kept without leases does not,
 * nor one with dependencies: it would keep them.
 */
export function maySleep(resource: ScheduledResource, dependents: Dependents): boolean {
  const { canSleep, policy, idleness } = resource;
  const isKept = policy.retain !== 'lease' && policy.sharing !== 'perLease' && idleness !== 'over';
  return canSleep && isKept && !dependents.hasLeases(resource);
}

/** Answers which resources live only for others that depend on them. */
export class Dependents {
  readonly #resources: ReadonlyMap<string, ScheduledResource>;
  readonly #leases: ReadonlyMap<string, ScheduledLease>;

  constructor(
    resources: ReadonlyMap<string, ScheduledResource>,
    leases: ReadonlyMap<string, ScheduledLease>,
  ) {
    this.#resources = resources;
    this.#leases = leases;
  }

  /** The resources that lease this one. */
  of(resource: ScheduledResource): ScheduledResource[] {
    return [...new Set(this.#holders(resource).filter((holder) => holder !== undefined))];
  }

  /** Whether all of its leases, if any, belong to resources that are evictable themselves. */
  isEvictable(resource: ScheduledResource): boolean {
    return (
      resource.state === 'ready' &&
      this.#holders(resource).every((holder) => holder !== undefined && this.isEvictable(holder))
    );
  }

  /** Whether it holds leases on other resources. */
  hasLeases(resource: ScheduledResource): boolean {
    return [...this.#leases.values()].some(({ holder }) => holder === resource.id);
  }

  /** Whether it is being stopped or put to sleep, or all of its leases belong to such resources. */
  isEmptying(resource: ScheduledResource): boolean {
    if (resource.state === 'stopping' || resource.state === 'fallingAsleep') return true;
    const holders = this.#holders(resource);
    return holders.length > 0 && holders.every((holder) => holder !== undefined && this.isEmptying(holder));
  }

  /** The holder of each of its leases: a resource, or undefined for a user. */
  #holders(resource: ScheduledResource): (ScheduledResource | undefined)[] {
    return [...resource.leases].map((id) => this.#resources.get(this.#leases.get(id)?.holder ?? ''));
  }
}
