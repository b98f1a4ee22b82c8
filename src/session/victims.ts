import type { Dependents } from './dependents';
import { isInTheWay, placeFor, withOlder, type Claim, type Occupant } from './placement';
import type { Placed } from './reservations';
import type { ScheduledResource } from './scheduled';

/** What a search for a place starts from. */
export interface Surroundings {
  readonly all: readonly ScheduledResource[];
  /** Those that are not on their way out, and those who come first. */
  readonly staying: readonly Occupant[];
  readonly reserved: readonly Placed[];
  readonly older: readonly Claim[];
}

/** The unused resource whose end would be a step towards a place, if there is one: the cheapest to bring back. */
export function victimFor(
  claim: Claim,
  { all, staying, reserved, older }: Surroundings,
  dependents: Dependents,
): ScheduledResource | undefined {
  const victims = all
    .filter(
      (resource) =>
        isInTheWay(resource, claim, staying) &&
        dependents.isEvictable(resource) &&
        !reserved.some(({ key }) => key === resource.key),
    )
    // With its dependents a resource would take more loads with it.
    .sort(
      (a, b) =>
        Number(a.leases.size > 0) - Number(b.leases.size > 0) || a.cost - b.cost || a.lastUsed - b.lastUsed,
    );
  const others = all.filter((resource) => !dependents.isEmptying(resource) && !victims.includes(resource));
  return placeFor(claim, withOlder(others, older)) === undefined ? undefined : victims[0];
}

/** Whether it sleeps where it would end: not if it is not kept without leases anyway, nor if it would go on keeping what it depends on. */
export function maySleep(resource: ScheduledResource, dependents: Dependents): boolean {
  const { canSleep, policy, idleness } = resource;
  const isKept = policy.retain !== 'lease' && policy.sharing !== 'perLease' && idleness !== 'over';
  return canSleep && isKept && !dependents.hasLeases(resource);
}
