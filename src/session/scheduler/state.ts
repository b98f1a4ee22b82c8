import type { ProviderConstraints } from '../../pattern/constraints';
import type { DeviceNeed } from '../../pattern/device-need';

/**
 * The states of a resource, with those that may follow each. A resource begins with `starting` and is
 * forgotten after `stopping`. `starting` is also the state of a resource that wakes. `stopFailed`: a stop was
 * tried and failed, and it still holds its place.
 */
const nextStates = {
  starting: ['ready', 'stopping'],
  ready: ['fallingAsleep', 'stopping'],
  fallingAsleep: ['asleep', 'stopping'],
  asleep: ['starting', 'stopping'],
  stopping: ['stopFailed'],
  stopFailed: ['stopping'],
} as const satisfies Record<string, readonly string[]>;

export type ResourceState = keyof typeof nextStates;

/**
 * Moves a resource to a state. What the session reports may come late, when the scheduler has decided
 * otherwise: a move that is not legal is not made.
 *
 * @returns whether it was made.
 */
export function move(resource: ScheduledResource, to: ResourceState): boolean {
  const isLegal = (nextStates[resource.state] as readonly ResourceState[]).includes(to);
  if (isLegal) resource.state = to;
  return isLegal;
}

/** A resource as the scheduler knows it. */
export interface ScheduledResource {
  readonly id: string;
  readonly key: string;
  readonly provider: string;
  readonly policy: ProviderConstraints;
  /** The devices on which it runs and, after sleep, wakes. */
  readonly home: readonly string[];
  /**
   * Devices that it occupies now, at most `maxLive` resources on each: `home` while it is up, none while it
   * is asleep.
   */
  devices: readonly string[];
  /** Changed by {@link move} alone. */
  state: ResourceState;
  /** Whether it can free its devices without ending. */
  canSleep: boolean;
  readonly leases: Set<string>;
  /** Order of the last release: of equal cost, the longest unused is evicted first. */
  lastUsed: number;
  /** The cost of bringing it back, by a load or by waking it; 0 if it is not known. */
  cost: number;
  /** `kept`: it is idle, and kept without leases; `over`: the time for which it is kept has ended. */
  idleness: 'none' | 'kept' | 'over';
}

/**
 * The facts known once a resource has started. A warm one may be on other devices than those that were chosen
 * for it.
 */
export type StartFacts = Pick<ScheduledResource, 'cost' | 'canSleep' | 'home' | 'devices'>;

/** A request for a lease. */
export interface LeaseDemand {
  readonly id: string;
  readonly key: string;
  readonly provider: string;
  readonly policy: ProviderConstraints;
  /** Absent where all resources of the provider share one place. */
  readonly need?: DeviceNeed | undefined;
  /** Leases that the requester cannot give back before this request is granted. */
  readonly holding: readonly string[];
  /** The requesting file, if it has a reservation. */
  readonly file?: string | undefined;
  /** The starting resource that requests a dependency, if one does. */
  readonly startOf?: string | undefined;
}

/** A demand that is not granted yet. */
export interface Waiter extends LeaseDemand {
  /** The starting resource it waits for. */
  resource: ScheduledResource | undefined;
  /** Its position in the queue: the order in which it, or its file's reservation, came. */
  since: number;
  /** How many younger requests were served before it. */
  bypasses: number;
  /** Whether a failed stop has been retried for it. */
  retriedStop: boolean;
}

/** A granted lease. */
export interface ScheduledLease {
  readonly id: string;
  readonly resource: ScheduledResource;
  /** The resource that holds it as a dependency, if a resource does. */
  readonly holder: string | undefined;
}

/**
 * What the scheduler decides; the session carries it out. Called one after the other, in the order of the
 * decisions, when the scheduler has come to rest: an action may call back into it, and what that entails is
 * carried out after the action has returned.
 */
export interface SchedulerActions {
  start(resource: ScheduledResource, demand: LeaseDemand): void;
  /** Makes a resource without leases free its devices. */
  sleep(resource: ScheduledResource): void;
  wake(resource: ScheduledResource): void;
  /** Stops a resource, or aborts its start. */
  stop(resource: ScheduledResource, reason: string): void;
  /** The resource has no leases but is kept; its retention may limit for how long. */
  idle(resource: ScheduledResource): void;
  grant(demand: LeaseDemand, lease: ScheduledLease): void;
  /** The demand can never be granted, because its requester and `others` wait for each other. */
  deadlock(demand: LeaseDemand, others: readonly LeaseDemand[]): void;
  /** The demand needs a place that `resource`, which cannot be stopped, still holds. */
  blocked(demand: LeaseDemand, resource: ScheduledResource): void;
}

/** Whether it takes one more lease. */
export function isOpen(resource: ScheduledResource): boolean {
  return resource.policy.sharing === 'shared' || resource.leases.size === 0;
}

/** Whether it is asleep or falling asleep. */
export function isSleeping(resource: ScheduledResource): boolean {
  return resource.state === 'fallingAsleep' || resource.state === 'asleep';
}

/** Whether it can serve requests, now or when its start is done. */
export function isUp(resource: ScheduledResource): boolean {
  return resource.state === 'starting' || resource.state === 'ready';
}

/** The resource that a demand starts. */
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
