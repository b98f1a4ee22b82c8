import type { ProviderConstraints } from '../../../src/pattern/constraints';
import type { DeviceNeed } from '../../../src/pattern/device-need';
import type {
  LeaseDemand,
  ScheduledLease,
  ScheduledResource,
  SchedulerActions,
  Waiter,
} from '../../../src/session/scheduler/state';
import { Scheduler } from '../../../src/session/scheduler/scheduler';
import { checkRules, rule } from './scheduler-rules';

type DemandState = 'waiting' | 'granted' | 'deadlock' | 'blocked' | 'cancelled' | 'failed' | 'closed';
interface Asked {
  readonly demand: LeaseDemand;
  state: DemandState;
}
interface Made {
  readonly resource: ScheduledResource;
  state: ScheduledResource['state'];
  /** The scheduler has said that it is kept without leases. */
  isIdle: boolean;
  wasLeased: boolean;
  /** A dependency was refused: the start can only fail. */
  isDoomed: boolean;
  /** It has slept before. */
  isWaking: boolean;
  readonly leases: Set<string>;
}
/** Where a resource may be; a provider without devices has one place for all. */
export function poolOf({ provider, need }: Pick<LeaseDemand, 'provider' | 'need'>): readonly string[] {
  return need?.pool ?? [`the place of ${provider}`];
}

interface Lent {
  readonly demand: string;
  readonly id: string;
  readonly on: Made;
  readonly holder: string | undefined;
}

/**
 * The world around a scheduler: users who ask for leases, resources that start and stop, and a simple account
 * of both, kept from the scheduler's orders alone. Every order and every step is checked against the rules
 * that need no look into the future.
 */
export class SchedulerWorld {
  readonly scheduler: Scheduler;
  readonly asked = new Map<string, Asked>();
  readonly made = new Map<string, Made>();
  readonly lent = new Map<string, Lent>();
  readonly starts = new Map<string, number>();
  readonly gone = new Map<string, number>();
  /** Files that have begun and not ended. */
  readonly reserved = new Set<string>();
  /** What happened, for the message of a failing run. */
  readonly log: string[] = [];
  readonly #bypassLimit: number;
  readonly #onRefusal: (demand: LeaseDemand) => void;
  #count = 0;
  readonly #waitedWhenDecided = new Map<string, readonly Waiter[]>();
  #isClosed = false;

  /** @param onRefusal called while the scheduler refuses a demand as deadlocked. */
  constructor(
    bypassLimit: number,
    onRefusal: (demand: LeaseDemand, world: SchedulerWorld) => void = () => undefined,
  ) {
    this.#onRefusal = (demand) => onRefusal(demand, this);
    this.#bypassLimit = bypassLimit;
    const actions: SchedulerActions = {
      start: (resource, demand) => this.#start(resource, demand),
      sleep: (resource) => this.#sleep(resource),
      wake: (resource) => this.#wake(resource),
      stop: (resource, reason) => this.#stop(resource, reason),
      idle: (resource) => this.#idle(resource),
      grant: (demand, lease) => this.#grant(demand, lease),
      deadlock: (demand) => this.#refuse(demand, 'deadlock'),
      blocked: (demand, resource) => {
        rule(
          this.#made(resource.id).state === 'stopFailed',
          `${demand.id} is blocked by ${resource.id}, whose stop has not failed`,
        );
        rule(
          !this.hasRoom(demand, this.inState('stopFailed')),
          `${demand.id} is blocked although other slots may come free`,
        );
        this.#refuse(demand, 'blocked');
      },
    };
    this.scheduler = new Scheduler(actions, bypassLimit);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Leases that somebody other than a resource holds. */
  get userLeases(): Lent[] {
    return [...this.lent.values()].filter(({ holder }) => holder === undefined);
  }

  /** User leases that no waiting request keeps. */
  get releasable(): Lent[] {
    const pinned = new Set(this.waiting.flatMap(({ demand }) => [...demand.holding]));
    return this.userLeases.filter(({ id }) => !pinned.has(id));
  }

  get waiting(): Asked[] {
    return [...this.asked.values()].filter(({ state }) => state === 'waiting');
  }

  /** Starts that wait for no dependency. */
  get startable(): Made[] {
    return this.inState('starting').filter(
      ({ resource }) => !this.waiting.some(({ demand }) => demand.startOf === resource.id),
    );
  }

  /** Files that wait for nothing: they come to their end. */
  get endable(): string[] {
    const waiting = new Set(this.waiting.map(({ demand }) => demand.file));
    return [...this.reserved].filter((file) => !waiting.has(file));
  }

  inState(state: Made['state']): Made[] {
    return [...this.made.values()].filter((made) => made.state === state);
  }

  /**
   * Whether there are devices enough for a demand beside those resources, as the limits of all of them say.
   */
  hasRoom(demand: LeaseDemand, beside: readonly Made[] = [...this.made.values()]): boolean {
    const free = poolOf(demand).filter((device) => {
      const on = beside.filter(({ resource }) => resource.devices.includes(device));
      return [demand.policy, ...on.map(({ resource }) => resource.policy)].every(
        ({ maxLive }) => on.length < maxLive,
      );
    });
    return free.length >= (demand.need?.count ?? 1);
  }

  request(
    provider: string,
    policy: ProviderConstraints,
    name: string,
    holding: readonly string[] = [],
    startOf?: string,
    need?: DeviceNeed,
    file?: string,
  ): string {
    this.#count += 1;
    const demand = {
      id: `d${this.#count}`,
      key: `${provider}:${name}`,
      provider,
      policy,
      need,
      holding,
      startOf,
      file,
    };
    const wants = need === undefined ? '' : ` on ${need.count} of ${need.pool.join()}`;
    this.log.push(
      `request ${demand.id} for ${demand.key}${wants} holding [${holding.join()}]${startOf === undefined ? '' : ` by resource ${startOf}`}`,
    );
    this.asked.set(demand.id, { demand, state: 'waiting' });
    this.scheduler.request(demand);
    this.check();
    return demand.id;
  }

  /** A file begins that is going to ask for a resource. */
  reserve(
    file: string,
    provider: string,
    policy: ProviderConstraints,
    name: string,
    need?: DeviceNeed,
  ): void {
    const key = `${provider}:${name}`;
    this.log.push(`${file} begins, for ${key}`);
    this.reserved.add(file);
    this.scheduler.reserve({ file, provider, key, policy, need });
    this.check();
  }

  unreserve(file: string): void {
    this.log.push(`${file} ends`);
    this.reserved.delete(file);
    this.scheduler.unreserve(file);
    this.check();
  }

  /** The lease that a demand was granted, while it lasts. */
  leaseOf(demand: string): Lent | undefined {
    return [...this.lent.values()].find((lease) => lease.demand === demand);
  }

  cancel({ demand }: Asked): void {
    this.log.push(`cancel ${demand.id}`);
    this.#cancel(demand.id);
    this.check();
  }

  release({ id }: Pick<Lent, 'id'>): void {
    this.log.push(`release ${id}`);
    this.#forgetLease(id);
    this.scheduler.release(id);
    this.check();
  }

  started(made: Made, cost = 0, canSleep = false): void {
    if (made.isDoomed) return this.startFailed(made);
    this.log.push(`started ${made.resource.id}${canSleep ? ', and can sleep' : ''}`);
    made.state = 'ready';
    this.scheduler.started(made.resource.id, { cost, canSleep });
    this.check();
  }

  /** It has fallen asleep. */
  asleep(made: Made): void {
    this.log.push(`${made.resource.id} is asleep`);
    made.state = 'asleep';
    this.scheduler.asleep(made.resource.id);
    this.check();
  }

  sleepFailed(made: Made): void {
    this.log.push(`sleep of ${made.resource.id} failed`);
    this.scheduler.sleepFailed(made.resource.id);
    rule(made.state === 'stopping', `${made.resource.id} is not stopped, although it does not sleep`);
    this.check();
  }

  /** Those who waited for it go on waiting. */
  wakeFailed(made: Made): void {
    this.log.push(`wake of ${made.resource.id} failed`);
    this.scheduler.wakeFailed(made.resource.id);
    rule(this.made.get(made.resource.id)?.state === 'stopping', `${made.resource.id} is not stopped`);
    this.check();
  }

  /** The start, or the wake, of a resource failed. */
  startFailed(made: Made): void {
    if (made.isWaking) return this.wakeFailed(made);
    this.log.push(`start of ${made.resource.id} failed`);
    // The waiters are forgotten before the stop is ordered.
    for (const asked of this.waiting) {
      const waiter = this.scheduler.waiters.find(({ id }) => id === asked.demand.id);
      if (waiter?.resource === made.resource) asked.state = 'failed';
    }
    for (const { id } of this.scheduler.startFailed(made.resource.id)) {
      rule(this.#asked(id).state === 'failed', `${id} failed with a start it did not wait for`);
    }
    rule(
      this.made.get(made.resource.id)?.state === 'stopping',
      `what is left of ${made.resource.id} is not stopped`,
    );
    this.check();
  }

  /** A stop goes on: dependencies are given back first, then nothing is left. */
  stopped(made: Made): void {
    for (const { id, holder } of this.lent.values())
      if (holder === made.resource.id) return this.release({ id });
    const { id } = made.resource;
    this.log.push(`${id} is gone`);
    rule(made.leases.size === 0, `${id} is gone but leased`);
    this.made.delete(id);
    this.gone.set(id, (this.gone.get(id) ?? 0) + 1);
    this.scheduler.gone(id);
    this.check();
  }

  /** As a stop that fails attempts every step, its dependencies have been given back by then. */
  stopFailed(made: Made): void {
    for (const { id, holder } of this.lent.values()) if (holder === made.resource.id) this.release({ id });
    this.log.push(`stop of ${made.resource.id} failed`);
    made.state = 'stopFailed';
    this.scheduler.stopFailed(made.resource.id);
    this.check();
  }

  retryStop(made: Made): void {
    this.log.push(`retry stop of ${made.resource.id}`);
    this.scheduler.retryStop(made.resource.id);
    rule(made.state === 'stopping', `a failed stop of ${made.resource.id} is not tried again on demand`);
    this.check();
  }

  /** Its leases are void, and so is every resource that leased it. */
  lost(made: Made): void {
    const { id } = made.resource;
    this.log.push(`${id} is lost`);
    const leases = [...this.lent.values()].filter(({ on }) => on === made);
    for (const lease of leases) this.#forgetLease(lease.id);
    const voided = this.scheduler.lost(id);
    rule(
      voided.join() === leases.map((lease) => lease.id).join(),
      `${id} died with leases ${leases.map((lease) => lease.id).join()}, void are ${voided.join()}`,
    );
    for (const { holder } of leases) {
      const dependent = this.made.get(holder ?? '');
      if (dependent?.state === 'ready') this.lost(dependent);
      else if (dependent?.state === 'starting') this.startFailed(dependent);
    }
    this.check();
  }

  expire(made: Made): void {
    this.log.push(`retention of ${made.resource.id} is over`);
    const isUnused = made.isIdle && !this.#isWanted(made.resource, '');
    this.scheduler.expire(made.resource.id);
    rule(
      !isUnused || made.state === 'stopping' || made.state === 'fallingAsleep',
      `${made.resource.id} outlives its retention`,
    );
    this.check();
  }

  close(): void {
    this.log.push('close');
    this.#isClosed = true;
    for (const asked of this.waiting) asked.state = 'closed';
    for (const { id } of this.userLeases) this.#forgetLease(id);
    for (const { id } of this.scheduler.close())
      rule(this.#asked(id).state === 'closed', `${id} was closed but did not wait`);
    this.check();
  }

  /**
   * Lets everything that needs no user come to its end: releases, starts and stops in an order given by
   * `choose`.
   */
  drain(choose: (count: number) => number): void {
    for (let count = 0; ; count += 1) {
      rule(count < 10_000, 'there is no end to it');
      const steps = [
        ...this.releasable.map((lease) => () => this.release(lease)),
        ...this.startable.map((made) => () => this.started(made)),
        ...this.inState('fallingAsleep').map((made) => () => this.asleep(made)),
        ...this.inState('stopping').map((made) => () => this.stopped(made)),
        ...this.endable.map((file) => () => this.unreserve(file)),
      ];
      if (steps.length === 0) return;
      steps[choose(steps.length)]?.();
    }
  }

  check(): void {
    checkRules(this);
  }

  #start(resource: ScheduledResource, demand: LeaseDemand): void {
    this.log.push(`  start ${resource.id} for ${demand.id} on ${resource.devices.join()}`);
    rule(!this.#isClosed, `${resource.id} starts after the end`);
    rule(!this.made.has(resource.id) && !this.gone.has(resource.id), `${resource.id} starts twice`);
    rule(
      this.#asked(demand.id).state === 'waiting',
      `${resource.id} starts for ${demand.id}, which does not wait`,
    );
    rule(this.hasRoom(demand), `a start of ${demand.provider} above its limit`);
    const [pool, count] = [poolOf(demand), demand.need?.count ?? 1];
    rule(
      resource.devices.length === count && resource.devices.every((device) => pool.includes(device)),
      `${resource.id} starts on ${resource.devices.join()}, but needs ${count} of ${pool.join()}`,
    );
    rule(
      demand.policy.sharing !== 'shared' || !this.isUp(demand.key),
      `${demand.key} is shared but starts twice`,
    );
    this.#observe(resource);
    this.made.set(resource.id, {
      resource,
      state: 'starting',
      isDoomed: false,
      isWaking: false,
      isIdle: false,
      wasLeased: false,
      leases: new Set(),
    });
    this.starts.set(resource.id, (this.starts.get(resource.id) ?? 0) + 1);
  }

  #sleep(resource: ScheduledResource): void {
    this.log.push(`  sleep ${resource.id}`);
    const made = this.#made(resource.id);
    const { retain, sharing } = resource.policy;
    rule(!this.#isClosed, `${resource.id} falls asleep after the end`);
    rule(made.state === 'ready' && resource.canSleep, `${resource.id} cannot sleep`);
    rule(made.leases.size === 0, `${resource.id} falls asleep while leased`);
    rule(retain !== 'lease' && sharing !== 'perLease', `${resource.id} is kept longer than its leases`);
    rule(
      ![...this.lent.values()].some(({ holder }) => holder === resource.id),
      `${resource.id} falls asleep with leases on others`,
    );
    rule(
      !this.#isWanted(resource, 'its place is needed', this.#waitedWhenDecided.get(resource.id)),
      `${resource.id} falls asleep although somebody waits for it`,
    );
    made.state = 'fallingAsleep';
  }

  #wake(resource: ScheduledResource): void {
    this.log.push(`  wake ${resource.id}`);
    const made = this.#made(resource.id);
    rule(!this.#isClosed, `${resource.id} wakes after the end`);
    rule(made.state === 'asleep', `${resource.id} is woken, but is ${made.state}`);
    rule(
      resource.devices.length > 0 && resource.devices.join() === resource.home.join(),
      `${resource.id} wakes elsewhere`,
    );
    made.state = 'starting';
    made.isWaking = true;
  }

  #stop(resource: ScheduledResource, reason: string): void {
    this.log.push(`  stop ${resource.id}: ${reason}`);
    const made = this.#made(resource.id);
    rule(made.state !== 'stopping', `${resource.id} is stopped twice`);
    rule(made.leases.size === 0, `${resource.id} is stopped while leased`);
    const isPolicy = ['its last lease ended', 'it was idle', 'its place is needed'].includes(reason);
    rule(
      !(made.state === 'ready' || made.state === 'asleep') ||
        !isPolicy ||
        !this.#isWanted(resource, reason, this.#waitedWhenDecided.get(resource.id)),
      `${resource.id} is stopped (${reason}) although somebody waits for it`,
    );
    made.state = 'stopping';
    // A start that is given up gives up what it asked for, at once: its signal is aborted.
    for (const { demand } of this.waiting) if (demand.startOf === resource.id) this.#cancel(demand.id);
  }

  #idle(resource: ScheduledResource): void {
    const made = this.#made(resource.id);
    rule(
      (made.state === 'ready' || made.state === 'asleep') && made.leases.size === 0 && !made.isIdle,
      `${resource.id} is not newly idle`,
    );
    made.isIdle = true;
  }

  #grant(demand: LeaseDemand, lease: ScheduledLease): void {
    this.log.push(`  grant ${demand.id}: lease ${lease.id} on ${lease.resource.id}`);
    const asked = this.#asked(demand.id);
    rule(asked.state === 'waiting', `${demand.id} is granted but ${asked.state}`);
    asked.state = 'granted';
    const on = this.#made(lease.resource.id);
    rule(on.resource.key === demand.key, `${demand.id} gets another resource than it asked for`);
    rule(on.state === 'ready', `${demand.id} gets ${lease.resource.id}, which is ${on.state}`);
    rule(!this.lent.has(lease.id), `lease ${lease.id} is granted twice`);
    rule(on.resource.policy.sharing !== 'perLease' || !on.wasLeased, `${lease.resource.id} is leased again`);
    on.wasLeased = true;
    on.leases.add(lease.id);
    on.isIdle = false;
    this.lent.set(lease.id, { id: lease.id, demand: demand.id, on, holder: demand.startOf });
  }

  #refuse(demand: LeaseDemand, state: 'deadlock' | 'blocked'): void {
    this.log.push(`  refuse ${demand.id}: ${state}`);
    const asked = this.#asked(demand.id);
    rule(asked.state === 'waiting', `${demand.id} is refused but ${asked.state}`);
    asked.state = state;
    const dependent = this.made.get(demand.startOf ?? '');
    if (dependent !== undefined) dependent.isDoomed = true;
    if (state === 'deadlock') this.#onRefusal(demand);
  }

  #cancel(id: string): void {
    this.#asked(id).state = 'cancelled';
    this.scheduler.cancel(id);
  }

  #forgetLease(id: string): void {
    this.lent.get(id)?.on.leases.delete(id);
    this.lent.delete(id);
  }

  /** Notes who waits at the moment of each decision about a resource, which is carried out only later. */
  #observe(resource: ScheduledResource): void {
    let { state } = resource;
    Object.defineProperty(resource, 'state', {
      get: () => state,
      set: (next: typeof state) => {
        state = next;
        this.#waitedWhenDecided.set(
          resource.id,
          this.scheduler.waiters.map((waiter) => ({ ...waiter })),
        );
      },
    });
  }

  /** @param waiters by default those of now. */
  #isWanted(
    resource: ScheduledResource,
    reason: string,
    waiters: readonly Waiter[] = this.scheduler.waiters,
  ): boolean {
    const wanting = waiters.findIndex(
      ({ key, policy }) => key === resource.key && policy.sharing !== 'perLease',
    );
    // Whoever was overtaken too often may take the place of a resource that younger requests wait for.
    const isFair =
      reason === 'its place is needed' &&
      waiters
        .slice(0, wanting)
        .some(
          (waiter) =>
            poolOf(waiter).some((device) => resource.devices.includes(device)) &&
            waiter.bypasses >= this.#bypassLimit,
        );
    return wanting >= 0 && !isFair;
  }

  /** Whether a resource of that key starts or is ready. */
  isUp(key: string): boolean {
    return [...this.made.values()].some(
      ({ resource, state }) => resource.key === key && (state === 'starting' || state === 'ready'),
    );
  }

  #asked(id: string): Asked {
    const asked = this.asked.get(id);
    rule(asked !== undefined, `nobody asked ${id}`);
    return asked;
  }

  #made(id: string): Made {
    const made = this.made.get(id);
    rule(made !== undefined, `there is no resource ${id}`);
    return made;
  }
}
