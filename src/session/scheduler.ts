import type { DeviceNeed } from '../pattern/device-need';
import { findStuck } from './deadlock';
import { Dependents } from './dependents';
import { atHome, contend, couldUse, isInTheWay, placeFor, withOlder, type Claim } from './placement';
import { Reservations, stillToAsk, type Placed, type Reservation } from './reservations';
import {
  isOpen,
  isSleeping,
  isUp,
  startingResource,
  type LeaseDemand,
  type ScheduledLease,
  type ScheduledResource,
  type StartFacts,
  type SchedulerActions,
  type Waiter,
} from './scheduled';
import { maySleep, victimFor } from './victims';

/** How many younger requests for live resources may overtake one that waits for a slot. */
export const maxBypasses = 16;

/**
 * Decides who gets which resource when. A pure state machine: it starts nothing itself and knows no clock, so that any
 * interleaving of events can be tested.
 *
 * Rules: on a device never live more than `maxLive` resources, stopping ones included; a provider without devices counts as one.
 * Requests for a live resource are granted first, but overtake an older request at most {@link maxBypasses} times. A device that an
 * older request can use is its own, and so is one for a file that began earlier. A resource that somebody waits for is not stopped,
 * nor is what such a file has reserved. When a slot is needed, the unused resource that is cheapest to bring back goes, but none goes
 * in vain. One that can sleep falls asleep instead of ending: it then takes no device, and wakes where it was. A real cycle of waiting
 * requests is refused at once.
 */
export class Scheduler {
  readonly resources = new Map<string, ScheduledResource>();
  readonly leases = new Map<string, ScheduledLease>();
  #waiters: Waiter[] = [];
  readonly #actions: SchedulerActions;
  readonly #bypassLimit: number;
  readonly #dependents = new Dependents(this.resources, this.leases);
  readonly #reservations = new Reservations();
  #count = 0;
  #isClosing = false;

  constructor(actions: SchedulerActions, bypassLimit = maxBypasses) {
    this.#actions = actions;
    this.#bypassLimit = bypassLimit;
  }

  get waiters(): readonly Waiter[] {
    return this.#waiters;
  }

  /** The keys of resources on which a lease would cost no load. */
  get loaded(): string[] {
    const ready = [...this.resources.values()].filter(({ state }) => state === 'ready');
    return ready.flatMap(({ key, policy }) => (policy.sharing === 'perLease' ? [] : [key]));
  }

  request(demand: LeaseDemand): void {
    const since = this.#reservations.placeOf(demand.file, demand.key) ?? this.#next();
    const waiter = { ...demand, since, resource: undefined, bypasses: 0, retriedStop: false };
    this.#waiters = [...this.#waiters, waiter].sort((a, b) => a.since - b.since);
    this.#settle();
  }

  /** A file has begun that is going to ask for a resource: it takes its place in the queue now. Until {@link unreserve}. */
  reserve(reservation: Reservation): void {
    this.#reservations.add(reservation, this.#next());
  }

  /** Its provider has said what a reserved resource needs; until then the reservation holds nobody back. */
  reservationNeeds(file: string, need: DeviceNeed | undefined): void {
    this.#reservations.setNeed(file, need);
  }

  /** The file has ended. */
  unreserve(file: string): void {
    this.#reservations.delete(file);
    this.#settle();
  }

  /** The requester went away. A start that nobody else waits for is aborted. */
  cancel(demandId: string): void {
    const waiter = this.#waiters.find(({ id }) => id === demandId);
    if (waiter === undefined) return;
    this.#forget(waiter);
    this.#abandon(waiter.resource);
    this.#settle();
  }

  release(leaseId: string): void {
    const lease = this.leases.get(leaseId);
    if (lease === undefined) return;
    this.leases.delete(leaseId);
    lease.resource.leases.delete(leaseId);
    lease.resource.lastUsed = this.#next();
    this.#settle();
  }

  /** It can be leased: it has started, or is awake again. */
  started(id: string, facts: Partial<StartFacts> = {}): void {
    const resource = this.resources.get(id);
    if (resource?.state !== 'starting') return;
    Object.assign(resource, { state: 'ready', lastUsed: this.#next(), ...facts });
    for (const waiter of this.#waitingFor(resource)) this.#grant(waiter, resource);
    this.#settle();
  }

  /** The start failed: what is left of it must be stopped. Returns the requests that waited for it, now the session's to reject. */
  startFailed(id: string): Waiter[] {
    const resource = this.resources.get(id);
    if (resource?.state !== 'starting') return [];
    const waiting = this.#waitingFor(resource);
    for (const waiter of waiting) this.#forget(waiter);
    this.#stop(resource, 'its start failed');
    this.#settle();
    return waiting;
  }

  /** Its devices are free. */
  asleep(id: string): void {
    const resource = this.resources.get(id);
    if (resource?.state !== 'fallingAsleep') return;
    resource.state = 'asleep';
    resource.devices = [];
    this.#settle();
  }

  /** It must be stopped instead. */
  sleepFailed(id: string): void {
    const resource = this.resources.get(id);
    if (resource?.state !== 'fallingAsleep') return;
    this.#stop(resource, 'it could not be put to sleep');
    this.#settle();
  }

  /** What is left of it must be stopped; whoever waits for it gets another one. */
  wakeFailed(id: string): void {
    const resource = this.resources.get(id);
    if (resource?.state !== 'starting') return;
    for (const waiter of this.#waitingFor(resource)) waiter.resource = undefined;
    this.#stop(resource, 'it did not wake');
    this.#settle();
  }

  /** Nothing is left of the resource. */
  gone(id: string): void {
    const resource = this.resources.get(id);
    if (resource === undefined) return;
    for (const lease of resource.leases) this.leases.delete(lease);
    this.resources.delete(id);
    this.#settle();
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
    for (const { id } of this.resources.values()) this.retryStop(id);
    this.#settle();
    return waiting;
  }

  /** The resource died: its leases are void, and what is left of it must be stopped. Returns the void leases. */
  lost(id: string): string[] {
    const resource = this.resources.get(id);
    if (resource === undefined || !(resource.state === 'ready' || isSleeping(resource))) return [];
    const leases = [...resource.leases];
    for (const lease of leases) this.leases.delete(lease);
    resource.leases.clear();
    this.#stop(resource, 'it died');
    this.#settle();
    return leases;
  }

  stopFailed(id: string): void {
    const resource = this.resources.get(id);
    if (resource === undefined) return;
    resource.state = 'stopFailed';
    this.#settle();
  }

  /** Tries a failed stop again. */
  retryStop(id: string): void {
    const resource = this.resources.get(id);
    if (resource?.state === 'stopFailed') this.#stop(resource, 'the stop is tried again');
  }

  /** The retention of an idle resource is over. */
  expire(id: string): void {
    const resource = this.resources.get(id);
    if (resource?.idleness !== 'kept') return;
    resource.idleness = 'over';
    this.#settle();
  }

  /** Brings everything to rest after an event. */
  #settle(): void {
    this.#pump();
    this.#refuseDeadlocks();
    for (const resource of this.resources.values()) this.#retire(resource);
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
    return live !== undefined && this.#admit(waiter, live);
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
    // Only they would have to go on waiting for its devices.
    const overtaken = this.#overtakenBy(waiter).filter((older) => couldUse(older, resource));
    const isUnfair = overtaken.some((older) => older.bypasses >= this.#bypassLimit);
    // Whoever already uses the resource cannot let go of it by waiting.
    if (isUnfair && !waiter.holding.some((lease) => resource.leases.has(lease))) return false;
    for (const older of overtaken) older.bypasses += 1;
    if (resource.state === 'ready') this.#grant(waiter, resource);
    else waiter.resource = resource;
    return true;
  }

  /** Older requests that wait for a slot on the same devices. */
  #overtakenBy(waiter: Waiter): Waiter[] {
    return this.#waiters
      .slice(0, this.#waiters.indexOf(waiter))
      .filter(
        (older) =>
          this.#needsSlot(older) &&
          contend(older, waiter) &&
          (older.key !== waiter.key || older.policy.sharing === 'perLease'),
      );
  }

  /** Who takes devices before a waiter: older requests, and files that are yet to ask for what they have reserved. */
  #before(waiter: Waiter, reserved: readonly Placed[]): Claim[] {
    const overtaken = this.#overtakenBy(waiter);
    const yetToAsk = stillToAsk(reserved, overtaken, [...this.resources.values()]);
    return [...overtaken, ...yetToAsk].sort((a, b) => a.since - b.since);
  }

  /** Not if what it wants is there already, used by others or kept for an older request. */
  #needsSlot(waiter: Waiter): boolean {
    const isThere = waiter.policy.sharing !== 'perLease' && this.#all(waiter).some(isUp);
    return waiter.resource === undefined && !isThere;
  }

  /** Starts what a waiter needs, or does a step towards the slot for it; returns whether anything changed. */
  #makeRoom(waiter: Waiter): boolean {
    if (!this.#needsSlot(waiter)) return this.#reclaim(waiter);
    const sleeper = this.#sleeperFor(waiter);
    if (sleeper?.state === 'fallingAsleep') return false;
    const all = [...this.resources.values()];
    const reserved = this.#reservations.ahead(waiter, this.#waiters);
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

  /** What sleeps, or is going to, and would serve the waiter. */
  #sleeperFor(waiter: Waiter): ScheduledResource | undefined {
    return this.#all(waiter).find(isSleeping);
  }

  /** Frees the exclusive resource that a waiter wants from those who keep it without being used themselves. */
  #reclaim(waiter: Waiter): boolean {
    const taken = waiter.resource === undefined ? this.#all(waiter).find(isUp) : undefined;
    if (taken === undefined || isOpen(taken) || !this.#dependents.isEvictable(taken)) return false;
    this.#evict(taken);
    return true;
  }

  /** @param sleeper what would have served the waiter elsewhere, and can do so no more. */
  #start(waiter: Waiter, devices: readonly string[], sleeper: ScheduledResource | undefined): void {
    if (sleeper !== undefined) this.#stop(sleeper, 'its devices are in use, and others are free');
    const resource = startingResource(String(this.#next()), waiter, devices);
    this.resources.set(resource.id, resource);
    waiter.resource = resource;
    this.#actions.start(resource, waiter);
  }

  #wake(waiter: Waiter, resource: ScheduledResource): void {
    resource.state = 'starting';
    resource.devices = resource.home;
    waiter.resource = resource;
    this.#actions.wake(resource);
  }

  #retryFailedStop(waiter: Waiter, live: readonly ScheduledResource[]): boolean {
    const failed = live.filter(({ state }) => state === 'stopFailed');
    const [first] = failed;
    if (first === undefined) return false;
    if (!waiter.retriedStop) {
      waiter.retriedStop = true;
      for (const resource of failed) this.#stop(resource, 'its slot is needed');
      return true;
    }
    // Another slot may still come free.
    if (placeFor(waiter, failed) !== undefined) return false;
    this.#forget(waiter);
    this.#actions.blocked(waiter, first);
    return true;
  }

  /** Puts a resource to sleep or stops it or, if others depend on it, those first: it is then free. */
  #evict(resource: ScheduledResource): void {
    const dependents = this.#dependents.of(resource);
    if (dependents.length === 0 && maySleep(resource, this.#dependents)) {
      resource.state = 'fallingAsleep';
      this.#actions.sleep(resource);
    } else if (dependents.length === 0) this.#stop(resource, 'its slot is needed');
    for (const dependent of dependents) this.#evict(dependent);
  }

  #grant(waiter: Waiter, resource: ScheduledResource): void {
    this.#forget(waiter);
    const lease: ScheduledLease = { id: String(this.#next()), resource, holder: waiter.startOf };
    resource.leases.add(lease.id);
    resource.idleness = 'none';
    this.leases.set(lease.id, lease);
    this.#actions.grant(waiter, lease);
  }

  #stop(resource: ScheduledResource, reason: string): void {
    if (resource.state === 'stopping') return;
    resource.state = 'stopping';
    this.#actions.stop(resource, reason);
  }

  /** Aborts a start that nobody waits for any more. */
  #abandon(resource: ScheduledResource | undefined): void {
    if (resource?.state !== 'starting' || this.#waitingFor(resource).length > 0) return;
    this.#stop(resource, 'nobody waits for it any more');
  }

  /** Applies the retention of a resource that nobody leases. */
  #retire(resource: ScheduledResource): void {
    const { state, leases, policy, idleness } = resource;
    if (leases.size > 0 || this.#isWanted(resource)) return;
    if (this.#isClosing) {
      if (isUp(resource) || isSleeping(resource)) this.#stop(resource, 'the session ends');
    } else if (state === 'ready' || state === 'asleep') {
      if (idleness === 'over') this.#stop(resource, 'it was idle');
      else if (policy.retain === 'lease' || policy.sharing === 'perLease')
        this.#stop(resource, 'its last lease ended');
      else if (idleness === 'none') this.#keep(resource);
    }
  }

  #keep(resource: ScheduledResource): void {
    resource.idleness = 'kept';
    this.#actions.idle(resource);
  }

  /** Fairness may keep a request for a live resource waiting; a resource that somebody waits for is not stopped. */
  #isWanted(resource: ScheduledResource): boolean {
    return resource.policy.sharing !== 'perLease' && this.#waiters.some(({ key }) => key === resource.key);
  }

  #refuseDeadlocks(): void {
    for (;;) {
      const { stuck, overtaker } = findStuck(this.#waiters, this.resources, this.leases);
      const [oldest] = stuck;
      const youngest = stuck.at(-1);
      if (oldest === undefined || youngest === undefined) return;
      if (overtaker !== undefined) {
        // Fairness alone must not cause a cycle: it gives way to progress.
        this.#forget(overtaker);
        overtaker.since = oldest.since;
        this.#waiters.splice(this.#waiters.indexOf(oldest), 0, overtaker);
      } else {
        this.#forget(youngest);
        this.#actions.deadlock(youngest, stuck.slice(0, -1));
        this.#abandon(youngest.resource);
      }
      this.#pump();
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
