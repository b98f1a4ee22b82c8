import type { DeviceNeed } from '../../pattern/device-need';
import { Answers } from './answers';
import { findStuck } from './deadlock';
import { Effects } from './effects';
import { atHome, contend, couldUse, isInTheWay, placeFor, withOlder, type Claim } from './placement';
import { Reservations, stillToAsk, type Placed, type Reservation } from './reservations';
import {
  isOpen,
  isSleeping,
  isUp,
  move,
  startingResource,
  type LeaseDemand,
  type ScheduledLease,
  type ScheduledResource,
  type StartFacts,
  type SchedulerActions,
  type Waiter,
} from './state';
import { WaitQueue } from './wait-queue';
import { maySleep, victimFor, Dependents } from './eviction';

/** How many younger requests for live resources may overtake a request that waits for a place. */
export const maxBypasses = 16;

/**
 * Decides which request gets which resource, and when. A pure state machine: it starts nothing itself and has
 * no clock, so that any interleaving of events can be tested. Its decisions are carried out by
 * {@link SchedulerActions}, after it has come to rest.
 *
 * - A device never holds more than `maxLive` live resources, stopping ones included. A provider without
 *   devices counts as one device.
 * - Requests for a live resource are granted first, but overtake an older request at most
 *   {@link maxBypasses} times.
 * - A device that an older request can use is kept for it. The same holds for the reservation of a file that
 *   began earlier.
 * - A resource that a request waits for is not stopped, nor one that an earlier file has reserved.
 * - When a place is needed, the unused resource that is cheapest to bring back is evicted, but only if that
 *   leads to a place. A resource that can sleep falls asleep instead: it then occupies no device, and wakes
 *   where it was.
 * - A cycle of requests that wait for each other is refused at once.
 */
export class Scheduler {
  readonly #resources = new Map<string, ScheduledResource>();
  readonly #leases = new Map<string, ScheduledLease>();
  readonly resources: ReadonlyMap<string, ScheduledResource> = this.#resources;
  readonly leases: ReadonlyMap<string, ScheduledLease> = this.#leases;
  readonly #queue = new WaitQueue();
  readonly #actions: SchedulerActions;
  readonly #effects = new Effects();
  readonly #answers = new Answers(this.#effects);
  readonly #bypassLimit: number;
  readonly #dependents = new Dependents(this.#resources, this.#leases);
  readonly #reservations = new Reservations();
  #count = 0;
  #isClosing = false;

  constructor(actions: SchedulerActions, bypassLimit = maxBypasses) {
    this.#actions = actions;
    this.#bypassLimit = bypassLimit;
  }

  get waiters(): readonly Waiter[] {
    return this.#queue.all;
  }

  /** The keys of resources on which a lease would cost no load. */
  get loaded(): string[] {
    const ready = [...this.#resources.values()].filter(({ state }) => state === 'ready');
    return ready.flatMap(({ key, policy }) => (policy.sharing === 'perLease' ? [] : [key]));
  }

  request(demand: LeaseDemand): void {
    const since = this.#reservations.placeOf(demand.file, demand.key) ?? this.#next();
    const waiter = { ...demand, since, resource: undefined, bypasses: 0, retriedStop: false };
    this.#queue.add(waiter);
    this.#settle();
  }

  /**
   * A file has begun that is going to request a resource. It takes its position in the queue now, until
   * {@link unreserve}.
   */
  reserve(reservation: Reservation): void {
    this.#reservations.add(reservation, this.#next());
  }

  /**
   * The provider has said which devices a reserved resource needs. Until then the reservation holds no
   * request back.
   */
  reservationNeeds(file: string, need: DeviceNeed | undefined): void {
    this.#reservations.setNeed(file, need);
  }

  /** The file has ended. */
  unreserve(file: string): void {
    this.#reservations.delete(file);
    this.#settle();
  }

  /** The requester has given up. A start without any other waiter is aborted. */
  cancel(demandId: string): void {
    const waiter = this.#queue.find(demandId);
    if (waiter === undefined) {
      const lease = this.#answers.withdraw(demandId);
      if (lease !== undefined) this.release(lease.id);
      return;
    }
    this.#queue.remove(waiter);
    this.#abandon(waiter.resource);
    this.#settle();
  }

  release(leaseId: string): void {
    const lease = this.#leases.get(leaseId);
    if (lease === undefined) return;
    this.#leases.delete(leaseId);
    lease.resource.leases.delete(leaseId);
    lease.resource.lastUsed = this.#next();
    this.#settle();
  }

  /** The resource has started, or is awake again, and can be leased. */
  started(id: string, facts: Partial<StartFacts> = {}): void {
    const resource = this.#resources.get(id);
    if (resource === undefined || !move(resource, 'ready')) return;
    Object.assign(resource, { lastUsed: this.#next(), ...facts });
    for (const waiter of this.#queue.for(resource)) this.#grant(waiter, resource);
    this.#settle();
  }

  /**
   * The start failed: what is left of it must be stopped. Returns the requests that waited for it, now the
   * session's to reject.
   */
  startFailed(id: string): Waiter[] {
    const resource = this.#resources.get(id);
    if (resource?.state !== 'starting') return [];
    const waiting = this.#queue.for(resource);
    for (const waiter of waiting) this.#queue.remove(waiter);
    this.#stop(resource, 'its start failed');
    this.#settle();
    return waiting;
  }

  /** The resource sleeps, and its devices are free. */
  asleep(id: string): void {
    const resource = this.#resources.get(id);
    if (resource === undefined || !move(resource, 'asleep')) return;
    resource.devices = [];
    this.#settle();
  }

  /** The resource could not fall asleep, and must be stopped instead. */
  sleepFailed(id: string): void {
    const resource = this.#resources.get(id);
    if (resource?.state !== 'fallingAsleep') return;
    this.#stop(resource, 'it could not be put to sleep');
    this.#settle();
  }

  /** The resource did not wake: what is left of it must be stopped. Its waiters get another one. */
  wakeFailed(id: string): void {
    const resource = this.#resources.get(id);
    if (resource?.state !== 'starting') return;
    for (const waiter of this.#queue.for(resource)) waiter.resource = undefined;
    this.#stop(resource, 'it did not wake');
    this.#settle();
  }

  /** Nothing is left of the resource. */
  gone(id: string): void {
    const resource = this.#resources.get(id);
    if (resource === undefined) return;
    for (const lease of resource.leases) this.#leases.delete(lease);
    this.#resources.delete(id);
    this.#settle();
  }

  /**
   * Forgets all requests, voids all leases but those between resources, and stops everything, dependents
   * first.
   */
  close(): Waiter[] {
    this.#isClosing = true;
    const waiting = [...this.#queue, ...this.#answers.withdrawLeases()];
    this.#queue.clear();
    for (const lease of [...this.#leases.values()]) {
      if (lease.holder !== undefined) continue;
      this.#leases.delete(lease.id);
      lease.resource.leases.delete(lease.id);
    }
    for (const resource of this.#resources.values())
      if (resource.state === 'stopFailed') this.#stop(resource, 'the stop is tried again');
    this.#settle();
    return waiting;
  }

  /**
   * The resource died: its leases are void, and what is left of it must be stopped. Returns the void leases.
   */
  lost(id: string): string[] {
    const resource = this.#resources.get(id);
    // Its wake is decided, but has not begun.
    if (resource?.state === 'starting') this.wakeFailed(id);
    if (resource === undefined || !(resource.state === 'ready' || isSleeping(resource))) return [];
    const leases = [...resource.leases];
    for (const lease of leases) this.#leases.delete(lease);
    resource.leases.clear();
    for (const waiter of this.#answers.withdrawLeases(resource))
      this.#queue.add({ ...waiter, resource: undefined });
    this.#stop(resource, 'it died');
    this.#settle();
    return leases;
  }

  stopFailed(id: string): void {
    const resource = this.#resources.get(id);
    if (resource !== undefined && move(resource, 'stopFailed')) this.#settle();
  }

  /** Tries a failed stop again. */
  retryStop(id: string): void {
    const resource = this.#resources.get(id);
    if (resource?.state !== 'stopFailed') return;
    this.#stop(resource, 'the stop is tried again');
    this.#effects.flush();
  }

  /** The retention of an idle resource is over. */
  expire(id: string): void {
    const resource = this.#resources.get(id);
    if (resource?.idleness !== 'kept') return;
    resource.idleness = 'over';
    this.#settle();
  }

  /** Brings everything to rest after an event, and only then has the decisions carried out. */
  #settle(): void {
    this.#pump();
    this.#refuseDeadlocks();
    for (const resource of this.#resources.values()) this.#retire(resource);
    this.#effects.flush();
  }

  #pump(): void {
    while (
      this.#queue.all.some((waiter) => this.#joinLive(waiter)) ||
      this.#queue.all.some((waiter) => this.#makeRoom(waiter))
    );
  }

  /** Gives a waiter a resource that lives already; returns whether anything changed. */
  #joinLive(waiter: Waiter): boolean {
    const live = waiter.resource === undefined ? this.#liveFor(waiter) : undefined;
    return live !== undefined && this.#admit(waiter, live);
  }

  #liveFor(waiter: Waiter): ScheduledResource | undefined {
    if (waiter.policy.sharing === 'perLease') return undefined;
    return this.#all(waiter).find(
      (resource) =>
        (resource.state === 'ready' && isOpen(resource)) ||
        (resource.state === 'starting' &&
          (resource.policy.sharing === 'shared' || this.#queue.for(resource).length === 0)),
    );
  }

  #all(waiter: Waiter): ScheduledResource[] {
    return [...this.#resources.values()].filter((resource) => resource.key === waiter.key);
  }

  #admit(waiter: Waiter, resource: ScheduledResource): boolean {
    // Only these would have to wait longer for its devices.
    const overtaken = this.#overtakenBy(waiter).filter((older) => couldUse(older, resource));
    const isUnfair = overtaken.some((older) => older.bypasses >= this.#bypassLimit);
    // A requester that already uses the resource cannot free it by waiting.
    if (isUnfair && !waiter.holding.some((lease) => resource.leases.has(lease))) return false;
    for (const older of overtaken) older.bypasses += 1;
    if (resource.state === 'ready') this.#grant(waiter, resource);
    else waiter.resource = resource;
    return true;
  }

  /** Older requests that wait for a place on the same devices. */
  #overtakenBy(waiter: Waiter): Waiter[] {
    return this.#queue
      .before(waiter)
      .filter(
        (older) =>
          this.#needsPlace(older) &&
          contend(older, waiter) &&
          (older.key !== waiter.key || older.policy.sharing === 'perLease'),
      );
  }

  /**
   * The claims that come before a waiter: older requests, and files that have yet to request what they have
   * reserved.
   */
  #before(waiter: Waiter, reserved: readonly Placed[]): Claim[] {
    const overtaken = this.#overtakenBy(waiter);
    const yetToAsk = stillToAsk(reserved, overtaken, [...this.#resources.values()]);
    return [...overtaken, ...yetToAsk].sort((a, b) => a.since - b.since);
  }

  /** False if what it wants is up already, be it used by others or kept for an older request. */
  #needsPlace(waiter: Waiter): boolean {
    const isThere = waiter.policy.sharing !== 'perLease' && this.#all(waiter).some(isUp);
    return waiter.resource === undefined && !isThere;
  }

  /** Starts what a waiter needs, or does a step towards a place for it; returns whether anything changed. */
  #makeRoom(waiter: Waiter): boolean {
    if (!this.#needsPlace(waiter)) return this.#reclaim(waiter);
    const sleeper = this.#all(waiter).find(isSleeping);
    if (sleeper?.state === 'fallingAsleep') return false;
    const all = [...this.#resources.values()];
    const reserved = this.#reservations.ahead(waiter, this.#queue.all);
    const older = this.#before(waiter, reserved);
    const staying = withOlder(
      all.filter((resource) => !this.#dependents.isEmptying(resource)),
      older,
    );
    // What sleeps is woken if its devices can be had, and else loaded on others.
    const claims = sleeper === undefined ? [waiter] : [atHome(waiter, sleeper), waiter];
    for (const claim of claims) {
      const place = placeFor(claim, withOlder(all, older));
      if (place !== undefined) {
        if (sleeper === undefined || claim === waiter) this.#start(waiter, place, sleeper);
        else this.#wake(waiter, sleeper);
        return true;
      }
      if (placeFor(claim, staying) !== undefined) return false;
      const victim = victimFor(claim, { all, staying, reserved, older }, this.#dependents);
      if (victim !== undefined) {
        this.#evict(victim);
        return true;
      }
    }
    return this.#retryFailedStop(
      waiter,
      all.filter((resource) => isInTheWay(resource, waiter, staying)),
    );
  }

  /** Frees the exclusive resource that a waiter wants from dependents that are not in use themselves. */
  #reclaim(waiter: Waiter): boolean {
    const taken = waiter.resource === undefined ? this.#all(waiter).find(isUp) : undefined;
    if (taken === undefined || isOpen(taken) || !this.#dependents.isEvictable(taken)) return false;
    this.#evict(taken);
    return true;
  }

  /** @param sleeper would have served the waiter on its own devices, which are in use; it ends. */
  #start(waiter: Waiter, devices: readonly string[], sleeper: ScheduledResource | undefined): void {
    if (sleeper !== undefined) this.#stop(sleeper, 'its devices are in use, and others are free');
    const resource = startingResource(String(this.#next()), waiter, devices);
    this.#resources.set(resource.id, resource);
    waiter.resource = resource;
    this.#effects.add(() => this.#actions.start(resource, waiter));
  }

  #wake(waiter: Waiter, resource: ScheduledResource): void {
    move(resource, 'starting');
    resource.devices = resource.home;
    waiter.resource = resource;
    this.#effects.add(() => this.#actions.wake(resource));
  }

  #retryFailedStop(waiter: Waiter, live: readonly ScheduledResource[]): boolean {
    const failed = live.filter(({ state }) => state === 'stopFailed');
    const [first] = failed;
    if (first === undefined) return false;
    if (!waiter.retriedStop) {
      waiter.retriedStop = true;
      for (const resource of failed) this.#stop(resource, 'its place is needed');
      return true;
    }
    // Another place may still come free.
    if (placeFor(waiter, failed) !== undefined) return false;
    this.#queue.remove(waiter);
    this.#answers.add(waiter, undefined, () => this.#actions.blocked(waiter, first));
    return true;
  }

  /** Puts a resource to sleep or stops it or, if others depend on it, those first: it is then free. */
  #evict(resource: ScheduledResource): void {
    const dependents = this.#dependents.of(resource);
    if (dependents.length === 0 && maySleep(resource, this.#dependents)) {
      move(resource, 'fallingAsleep');
      this.#effects.add(() => this.#actions.sleep(resource));
    } else if (dependents.length === 0) this.#stop(resource, 'its place is needed');
    for (const dependent of dependents) this.#evict(dependent);
  }

  #grant(waiter: Waiter, resource: ScheduledResource): void {
    this.#queue.remove(waiter);
    const lease: ScheduledLease = { id: String(this.#next()), resource, holder: waiter.startOf };
    resource.leases.add(lease.id);
    resource.idleness = 'none';
    this.#leases.set(lease.id, lease);
    this.#answers.add(waiter, lease, () => this.#actions.grant(waiter, lease));
  }

  #stop(resource: ScheduledResource, reason: string): void {
    if (move(resource, 'stopping')) this.#effects.add(() => this.#actions.stop(resource, reason));
  }

  /** Aborts a start that has lost its last waiter. */
  #abandon(resource: ScheduledResource | undefined): void {
    if (resource?.state !== 'starting' || this.#queue.for(resource).length > 0) return;
    this.#stop(resource, 'nobody waits for it any more');
  }

  /** Applies the retention rule to a resource without leases. */
  #retire(resource: ScheduledResource): void {
    const { state, leases, policy, idleness } = resource;
    if (leases.size > 0 || this.#isWanted(resource)) return;
    if (this.#isClosing) {
      if (isUp(resource) || isSleeping(resource)) this.#stop(resource, 'the session ends');
    } else if (state === 'ready' || state === 'asleep') {
      if (idleness === 'over') this.#stop(resource, 'it was idle');
      else if (policy.retain === 'lease' || policy.sharing === 'perLease')
        this.#stop(resource, 'its last lease ended');
      else if (idleness === 'none') {
        resource.idleness = 'kept';
        this.#effects.add(() => this.#actions.idle(resource));
      }
    }
  }

  /** Whether a request waits for it, be it for fairness alone: such a resource is not stopped. */
  #isWanted(resource: ScheduledResource): boolean {
    return resource.policy.sharing !== 'perLease' && this.#queue.all.some(({ key }) => key === resource.key);
  }

  #refuseDeadlocks(): void {
    for (;;) {
      const { stuck, overtaker } = findStuck(this.#queue.all, this.#resources, this.#leases);
      const [oldest] = stuck;
      const youngest = stuck.at(-1);
      if (oldest === undefined || youngest === undefined) return;
      if (overtaker !== undefined) {
        // Fairness alone must not cause a cycle: it gives way to progress.
        this.#queue.moveBefore(overtaker, oldest);
      } else {
        this.#queue.remove(youngest);
        const others = stuck.slice(0, -1);
        this.#answers.add(youngest, undefined, () => this.#actions.deadlock(youngest, others));
        this.#abandon(youngest.resource);
      }
      this.#pump();
    }
  }

  #next(): number {
    this.#count += 1;
    return this.#count;
  }
}
