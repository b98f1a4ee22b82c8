import type { ProviderConstraints } from '../pattern/constraints';
import { findStuck } from './deadlock';

/** A resource as the scheduler sees it. */
export interface ScheduledResource {
  readonly id: string;
  readonly key: string;
  readonly provider: string;
  readonly policy: ProviderConstraints;
  /** `stopFailed`: a stop was tried and failed; it still holds its slot. */
  state: 'starting' | 'ready' | 'stopping' | 'stopFailed';
  readonly leases: Set<string>;
  /** Order of the last release: the longest unused is evicted first. */
  lastUsed: number;
}

/** A request for a lease. */
export interface LeaseDemand {
  readonly id: string;
  readonly key: string;
  readonly provider: string;
  readonly policy: ProviderConstraints;
  /** Leases that the requester cannot give back before this request is granted. */
  readonly holding: readonly string[];
  /** The starting resource that asks, if a resource does. */
  readonly startOf?: string | undefined;
}

/** A demand that is not granted yet. */
export interface Waiter extends LeaseDemand {
  /** The starting resource it waits for. */
  resource: ScheduledResource | undefined;
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

/** How many younger requests for live resources may overtake one that waits for a slot. */
export const maxBypasses = 16;

/**
 * Decides who gets which resource when. A pure state machine: it starts nothing itself and knows no clock, so that any
 * interleaving of events can be tested.
 *
 * Rules: a provider never has more than `maxLive` resources, stopping ones included. Requests for a live resource are granted
 * first, but overtake an older request at most {@link maxBypasses} times. A resource that somebody waits for is not stopped.
 * When a slot is needed, the resource unused for longest goes. A real cycle of waiting requests is refused at once.
 */
export class Scheduler {
  readonly resources = new Map<string, ScheduledResource>();
  readonly leases = new Map<string, ScheduledLease>();
  #waiters: Waiter[] = [];
  readonly #actions: SchedulerActions;
  #count = 0;
  #isClosing = false;

  constructor(actions: SchedulerActions) {
    this.#actions = actions;
  }

  get waiters(): readonly Waiter[] {
    return this.#waiters;
  }

  request(demand: LeaseDemand): void {
    this.#waiters.push({ ...demand, resource: undefined, bypasses: 0, retriedStop: false });
    this.#pump();
    this.#refuseDeadlocks();
  }

  /** The requester went away. A start that nobody else waits for is aborted. */
  cancel(demandId: string): void {
    const waiter = this.#waiters.find(({ id }) => id === demandId);
    if (waiter === undefined) return;
    this.#forget(waiter);
    this.#abandon(waiter.resource, 'nobody waits for it any more');
    this.#pump();
  }

  release(leaseId: string): void {
    const lease = this.leases.get(leaseId);
    if (lease === undefined) return;
    this.leases.delete(leaseId);
    lease.resource.leases.delete(leaseId);
    lease.resource.lastUsed = this.#next();
    this.#pump();
    this.#retire(lease.resource);
    if (this.#isClosing) this.#stopUnleased();
  }

  started(id: string): void {
    const resource = this.resources.get(id);
    if (resource?.state !== 'starting') return;
    resource.state = 'ready';
    resource.lastUsed = this.#next();
    for (const waiter of this.#waitingFor(resource)) {
      waiter.resource = undefined;
      if (isOpen(resource)) this.#grant(waiter, resource);
    }
    this.#pump();
    this.#retire(resource);
  }

  /** The start failed: what is left of it must be stopped. Returns the requests that waited for it, now the session's to reject. */
  startFailed(id: string): Waiter[] {
    const resource = this.resources.get(id);
    if (resource?.state !== 'starting') return [];
    const waiting = this.#waitingFor(resource);
    for (const waiter of waiting) this.#forget(waiter);
    this.#stop(resource, 'its start failed');
    return waiting;
  }

  /** Nothing is left of the resource. */
  gone(id: string): void {
    const resource = this.resources.get(id);
    if (resource === undefined) return;
    for (const lease of resource.leases) this.leases.delete(lease);
    this.resources.delete(id);
    this.#pump();
    this.#refuseDeadlocks();
    if (this.#isClosing) this.#stopUnleased();
  }

  /** Forgets all requests, voids all leases but those between resources, and stops everything, dependents first. */
  close(): Waiter[] {
    this.#isClosing = true;
    const waiting = this.#waiters;
    this.#waiters = [];
    for (const lease of [...this.leases.values()]) {
      if (lease.holder !== undefined) continue;
      this.leases.delete(lease.id);
      lease.resource.leases.delete(lease.id);
    }
    this.#stopUnleased();
    return [...waiting];
  }

  /** The resource died: its leases are void, and what is left of it must be stopped. Returns the void leases. */
  lost(id: string): string[] {
    const resource = this.resources.get(id);
    if (resource?.state !== 'ready') return [];
    const leases = [...resource.leases];
    for (const lease of leases) this.leases.delete(lease);
    resource.leases.clear();
    this.#stop(resource, 'it died');
    this.#pump();
    return leases;
  }

  stopFailed(id: string): void {
    const resource = this.resources.get(id);
    if (resource === undefined) return;
    resource.state = 'stopFailed';
    this.#pump();
  }

  /** Tries a failed stop again. */
  retryStop(id: string): void {
    const resource = this.resources.get(id);
    if (resource?.state === 'stopFailed') this.#stop(resource, 'the stop is tried again');
  }

  /** The retention of an idle resource is over. */
  expire(id: string): void {
    const resource = this.resources.get(id);
    if (resource?.state === 'ready' && resource.leases.size === 0) this.#stop(resource, 'it was idle');
  }

  #pump(): void {
    while (
      this.#waiters.some((waiter) => this.#joinLive(waiter)) ||
      this.#waiters.some((waiter) => this.#makeRoom(waiter))
    );
  }

  /** Gives a waiter a resource that lives already; returns whether anything changed. */
  #joinLive(waiter: Waiter): boolean {
    const live = waiter.resource === undefined ? this.#liveFor(waiter) : undefined;
    if (live?.state === 'ready') return this.#admit(waiter, live);
    waiter.resource ??= live;
    return live !== undefined;
  }

  #liveFor(waiter: Waiter): ScheduledResource | undefined {
    if (waiter.policy.sharing === 'perLease') return undefined;
    return this.#all(waiter).find(
      (resource) =>
        (resource.state === 'ready' && isOpen(resource)) ||
        (resource.state === 'starting' &&
          (resource.policy.sharing === 'shared' || this.#waitingFor(resource).length === 0)),
    );
  }

  #all(waiter: Waiter): ScheduledResource[] {
    return [...this.resources.values()].filter((resource) => resource.key === waiter.key);
  }

  #admit(waiter: Waiter, resource: ScheduledResource): boolean {
    const overtaken = this.#overtakenBy(waiter);
    const isUnfair = overtaken.some((older) => older.bypasses >= maxBypasses);
    // Whoever already uses the resource cannot let go of it by waiting.
    if (isUnfair && !waiter.holding.some((lease) => resource.leases.has(lease))) return false;
    for (const older of overtaken) older.bypasses += 1;
    this.#grant(waiter, resource);
    return true;
  }

  /** Older requests that wait for a slot of the same provider. */
  #overtakenBy(waiter: Waiter): Waiter[] {
    return this.#waiters
      .slice(0, this.#waiters.indexOf(waiter))
      .filter(
        (older) =>
          older.resource === undefined &&
          older.provider === waiter.provider &&
          (older.key !== waiter.key || older.policy.sharing === 'perLease'),
      );
  }

  /** Starts what a waiter needs, or does a step towards the slot for it; returns whether anything changed. */
  #makeRoom(waiter: Waiter): boolean {
    const isTaken = waiter.policy.sharing !== 'perLease' && this.#all(waiter).some(isInUse);
    if (waiter.resource !== undefined || isTaken) return false;
    const live = [...this.resources.values()].filter((resource) => resource.provider === waiter.provider);
    if (live.length < waiter.policy.maxLive) {
      this.#start(waiter);
      return true;
    }
    const olderInNeed = this.#overtakenBy(waiter).length;
    const emptying = live.filter((resource) => resource.state === 'stopping').length;
    if (emptying > olderInNeed) return false;
    const victim = live
      .filter((resource) => resource.state === 'ready' && this.#isEvictable(resource))
      .sort((a, b) => a.lastUsed - b.lastUsed)[0];
    if (victim !== undefined) {
      this.#evict(victim);
      return true;
    }
    return this.#retryFailedStop(waiter, live);
  }

  #start(waiter: Waiter): void {
    const { key, provider, policy } = waiter;
    const resource: ScheduledResource = {
      id: String(this.#next()),
      key,
      provider,
      policy,
      state: 'starting',
      leases: new Set(),
      lastUsed: 0,
    };
    this.resources.set(resource.id, resource);
    waiter.resource = resource;
    this.#actions.start(resource, waiter);
  }

  #retryFailedStop(waiter: Waiter, live: ScheduledResource[]): boolean {
    const failed = live.find((resource) => resource.state === 'stopFailed');
    if (failed === undefined) return false;
    if (waiter.retriedStop) {
      this.#forget(waiter);
      this.#actions.blocked(waiter, failed);
    } else {
      waiter.retriedStop = true;
      this.#stop(failed, 'its slot is needed');
    }
    return true;
  }

  /** No leases, or only such as belong to resources that are evictable themselves. */
  #isEvictable(resource: ScheduledResource): boolean {
    return [...resource.leases].every((id) => {
      const holder = this.resources.get(this.leases.get(id)?.holder ?? '');
      return holder?.state === 'ready' && this.#isEvictable(holder);
    });
  }

  #evict(resource: ScheduledResource): void {
    const holders = [...resource.leases].flatMap(
      (id) => this.resources.get(this.leases.get(id)?.holder ?? '') ?? [],
    );
    if (holders.length === 0) this.#stop(resource, 'its slot is needed');
    for (const holder of new Set(holders)) this.#evict(holder);
  }

  #grant(waiter: Waiter, resource: ScheduledResource): void {
    this.#forget(waiter);
    const lease: ScheduledLease = { id: String(this.#next()), resource, holder: waiter.startOf };
    resource.leases.add(lease.id);
    this.leases.set(lease.id, lease);
    this.#actions.grant(waiter, lease);
  }

  #stop(resource: ScheduledResource, reason: string): void {
    resource.state = 'stopping';
    this.#actions.stop(resource, reason);
  }

  /** Aborts a start that nobody waits for any more. */
  #abandon(resource: ScheduledResource | undefined, reason: string): void {
    if (resource?.state === 'starting' && this.#waitingFor(resource).length === 0)
      this.#stop(resource, reason);
  }

  /** Applies the retention of a resource that has just lost its last lease. */
  #retire(resource: ScheduledResource): void {
    if (resource.state !== 'ready' || resource.leases.size > 0) return;
    // Fairness may keep a request for it waiting; a resource that somebody waits for is not stopped.
    const isWanted = this.#waiters.some((waiter) => waiter.key === resource.key);
    if (isWanted) return;
    if (resource.policy.retain === 'lease' || resource.policy.sharing === 'perLease') {
      this.#stop(resource, 'its last lease ended');
    } else {
      this.#actions.idle(resource);
    }
  }

  #refuseDeadlocks(): void {
    for (;;) {
      const stuck = findStuck(this.#waiters, this.resources, this.leases);
      const youngest = stuck.at(-1);
      if (youngest === undefined) return;
      // Fairness alone must not cause a cycle: it gives way to progress.
      const overtaker = stuck.find((waiter) => this.#liveFor(waiter)?.state === 'ready');
      const live = overtaker === undefined ? undefined : this.#liveFor(overtaker);
      if (overtaker !== undefined && live !== undefined) {
        this.#grant(overtaker, live);
      } else {
        this.#forget(youngest);
        this.#actions.deadlock(
          youngest,
          stuck.filter((waiter) => waiter !== youngest),
        );
        this.#abandon(youngest.resource, 'nobody waits for it any more');
      }
      this.#pump();
    }
  }

  #stopUnleased(): void {
    for (const resource of this.resources.values()) {
      if (resource.state !== 'stopping' && resource.leases.size === 0)
        this.#stop(resource, 'the session ends');
    }
  }

  #waitingFor(resource: ScheduledResource): Waiter[] {
    return this.#waiters.filter((waiter) => waiter.resource === resource);
  }

  #forget(waiter: Waiter): void {
    this.#waiters = this.#waiters.filter((other) => other !== waiter);
  }

  #next(): number {
    this.#count += 1;
    return this.#count;
  }
}

function isOpen(resource: ScheduledResource): boolean {
  return resource.policy.sharing === 'shared' || resource.leases.size === 0;
}

function isInUse(resource: ScheduledResource): boolean {
  return resource.state === 'starting' || (resource.state === 'ready' && resource.leases.size > 0);
}
