import type { ProviderConstraints } from '../pattern/constraints';
import type { DeviceNeed } from '../pattern/device-need';

/** A resource as the scheduler sees it. */
export interface ScheduledResource {
  readonly id: string;
  readonly key: string;
  readonly provider: string;
  readonly policy: ProviderConstraints;
  /** Where it runs, and where it wakes. */
  readonly home: readonly string[];
  /** What it takes for itself, at most `maxLive` resources on each: its home, or nothing since it fell asleep. */
  devices: readonly string[];
  /** `starting`: also while it wakes; `stopFailed`: a stop was tried and failed; it still holds its slot. */
  state: 'starting' | 'ready' | 'fallingAsleep' | 'asleep' | 'stopping' | 'stopFailed';
  /** Whether it can make room without ending. */
  canSleep: boolean;
  readonly leases: Set<string>;
  /** Order of the last release: of equal cost, the longest unused is evicted first. */
  lastUsed: number;
  /** What bringing it back would cost, by a load or by waking it; 0 if that is not known. */
  cost: number;
  /** Whether it is kept without leases, and whether its time for that is over. */
  idleness: 'none' | 'kept' | 'over';
}

/** What is known of a resource once it has started: a warm one may be on other devices than were found for it. */
export type StartFacts = Pick<ScheduledResource, 'cost' | 'canSleep' | 'home' | 'devices'>;

/** A request for a lease. */
export interface LeaseDemand {
  readonly id: string;
  readonly key: string;
  readonly provider: string;
  readonly policy: ProviderConstraints;
  /** Left out where all resources of the provider share one place. */
  readonly need?: DeviceNeed | undefined;
  /** Leases that the requester cannot give back before this request is granted. */
  readonly holding: readonly string[];
  /** The file that asks, if it has a reservation. */
  readonly file?: string | undefined;
  /** The starting resource that asks, if a resource does. */
  readonly startOf?: string | undefined;
}

/** A demand that is not granted yet. */
export interface Waiter extends LeaseDemand {
  /** The starting resource it waits for. */
  resource: ScheduledResource | undefined;
  /** Its place in the queue: the order in which it came, or its file's reservation did. */
  since: number;
  /** How many younger requests were served before it. */
  bypasses: number;
  /** Whether a failed stop was already tried again for its sake. */
  retriedStop: boolean;
}

/** A granted lease. */
export interface ScheduledLease {
  readonly id: string;
  readonly resource: ScheduledResource;
  /** The resource that holds it as a dependency, if a resource does. */
  readonly holder: string | undefined;
}

/** What the scheduler decides; the session carries it out. Called synchronously, never re-entrantly. */
export interface SchedulerActions {
  start(resource: ScheduledResource, demand: LeaseDemand): void;
  /** Has a resource without leases give its devices up. */
  sleep(resource: ScheduledResource): void;
  wake(resource: ScheduledResource): void;
  /** Stops a resource, or aborts its start. */
  stop(resource: ScheduledResource, reason: string): void;
  /** The resource has no leases but is kept; its retention may limit for how long. */
  idle(resource: ScheduledResource): void;
  grant(demand: LeaseDemand, lease: ScheduledLease): void;
  /** The demand can never be granted, because its requester and `others` wait for each other. */
  deadlock(demand: LeaseDemand, others: readonly LeaseDemand[]): void;
  /** The demand needs a slot that `resource`, which cannot be stopped, still holds. */
  blocked(demand: LeaseDemand, resource: ScheduledResource): void;
}

/** Whether it takes one more lease. */
export function isOpen(resource: ScheduledResource): boolean {
  return resource.policy.sharing === 'shared' || resource.leases.size === 0;
}

/** Whether it is asleep, or is going to be. */
export function isSleeping(resource: ScheduledResource): boolean {
  return resource.state === 'fallingAsleep' || resource.state === 'asleep';
}

/** Whether it is there for those who ask for it, now or soon. */
export function isUp(resource: ScheduledResource): boolean {
  return resource.state === 'starting' || resource.state === 'ready';
}

/** A resource that is made for a demand. */
export function startingResource(
  id: string,
  { key, provider, policy }: LeaseDemand,
  devices: readonly string[],
): ScheduledResource {
  return {
    ...{ id, key, provider, policy, home: devices, devices },
    ...{ state: 'starting', canSleep: false, leases: new Set(), lastUsed: 0, cost: 0, idleness: 'none' },
  };
}
