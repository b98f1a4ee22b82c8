import { messageOf, serializeError } from '../../base/errors';
import { withinLimit } from '../../base/time-limit';
import type { Json } from '../../base/json';
import type { ProviderRegistry } from '../../pattern/registry';
import type { DependencyLease, ProcessExit, ResourceContext } from '../../pattern/resource-context';
import type { ServerLauncher } from '../../process/guardian/server-launcher';
import type { EventRecord } from '../events/events';
import type { ProgressPrinter } from '../events/progress';
import { placesOf } from '../scheduler/placement';
import { Scheduler } from '../scheduler/scheduler';
import type { LeaseDemand, ScheduledLease, ScheduledResource, SchedulerActions } from '../scheduler/state';
import type { OwnedRequest } from '../wire/lease-request';
import { LiveResource, type ResourcePlan } from './live-resource';
import type { LoadTimes } from './load-times';
import { teardownError } from './resource-errors';
import type { WantedResource, WarmSource } from './warm-source';

/** The side of a session that deals with those who ask for leases. */
export interface LeaseDesk {
  /** The request that a demand stands for, which must still wait. */
  requestOf(demand: LeaseDemand): OwnedRequest;
  grant(demand: LeaseDemand, leaseId: string, live: LiveResource): void;
  refuse(demand: LeaseDemand, error: Error): void;
  /** The demand and the others wait for each other. */
  deadlock(demand: LeaseDemand, others: readonly LeaseDemand[]): void;
  /** The demand needs a place that a resource holds which cannot be stopped. */
  blocked(demand: LeaseDemand, stopFailure: Error | undefined): void;
  /** The leased resource died. */
  lost(leaseIds: readonly string[], resourceId: string, reason: string, logTail: readonly string[]): void;
  /** Leases what a resource that is starting depends on. */
  leaseFor(
    dependent: LiveResource,
    spec: string,
    config: Json | undefined,
    signal: AbortSignal,
  ): Promise<DependencyLease & { release(): Promise<void> }>;
}

/** What the executor works with. */
export interface ExecutorPorts {
  readonly desk: LeaseDesk;
  readonly registry: ProviderRegistry;
  readonly record: EventRecord;
  readonly progress: ProgressPrinter;
  readonly launcher: ServerLauncher;
  /** The session's directory. */
  readonly directory: string;
  readonly loadTimes: LoadTimes;
  readonly warm: WarmSource | undefined;
  /** Whether resources that can sleep may. */
  readonly sleeps: boolean;
}

/**
 * Carries out what the scheduler decides about resources, with a {@link LiveResource} for each resource that
 * it knows, and reports the outcome to the scheduler and the record.
 */
export class ResourceExecutor implements SchedulerActions {
  readonly scheduler: Scheduler;
  readonly #ports: ExecutorPorts;
  /** By the scheduler's id. */
  readonly #resources = new Map<string, LiveResource>();
  /** How many resources of each spec there have been. */
  readonly #instances = new Map<string, number>();
  readonly #stops = new Map<LiveResource, Promise<void>>();
  readonly #stopFailures = new Map<LiveResource, Error>();
  readonly #lateFailures: Error[] = [];

  constructor(ports: ExecutorPorts) {
    this.#ports = ports;
    this.scheduler = new Scheduler(this);
  }

  get resources(): LiveResource[] {
    return [...this.#resources.values()];
  }

  /** What made stops fail that were not repeated with success. */
  get stopFailures(): Error[] {
    return [...this.#stopFailures.values(), ...this.#lateFailures];
  }

  /**
   * Ends a resource that is kept without leases, or tries again to; does nothing if it is leased, or unknown.
   *
   * @throws ModelProviderError `TEARDOWN_FAILED`; it may be called again.
   */
  async retire(resourceId: string): Promise<void> {
    const live = this.resources.find(({ plan }) => plan.resourceId === resourceId);
    if (live === undefined) return;
    if (this.#stopFailures.has(live)) this.scheduler.retryStop(live.plan.scheduledId);
    else this.scheduler.expire(live.plan.scheduledId);
    await this.stopped(live);
  }

  /**
   * Waits for the stop of a resource, if one is under way.
   *
   * @throws ModelProviderError `TEARDOWN_FAILED` if its last stop has failed.
   */
  async stopped(live: LiveResource): Promise<void> {
    await this.#stops.get(live);
    const failure = this.#stopFailures.get(live);
    if (failure !== undefined) throw failure;
  }

  /** Waits until no stop is under way. */
  async allStopped(): Promise<void> {
    while (this.#stops.size > 0) await Promise.all(this.#stops.values());
  }

  start(scheduled: ScheduledResource, demand: LeaseDemand): void {
    const { desk, directory, launcher, progress, record, warm } = this.#ports;
    const plan = this.#plan(scheduled, demand);
    const { resourceId, spec, devices } = plan;
    const watch = progress.watch(spec, 'loading');
    const live: LiveResource = new LiveResource(plan, {
      directory,
      borrow: () => warm?.borrow(this.#wanted(live)),
      starting: () => record.add({ type: 'starting', spec, resourceId, devices }),
      expectServer: () => launcher.expectServer(),
      launch: (options, ownDirectory) => launcher.launch(options, resourceId, ownDirectory),
      lease: (dependency, config, signal) => desk.leaseFor(live, dependency, config, signal),
      progress: (message) => watch.say(message),
      note: (message) => this.#note(live, message),
      launched: (pid, command) => record.add({ type: 'launched', resourceId, pid, command }),
      exited: (pid, { code, signal }) => record.add({ type: 'exited', resourceId, pid, code, signal }),
      kept: (message) => record.add({ type: 'kept', resourceId, message }),
      putOff: (title, step) => this.#putOff(live, title, step),
      lost: (reason, exit, logTail) => this.#lost(live, reason, exit, logTail),
    });
    this.#resources.set(scheduled.id, live);
    void this.#load(live, scheduled).finally(() => watch.done());
  }

  sleep(scheduled: ScheduledResource): void {
    void this.#watched(scheduled, 'falling asleep', async (live, since) => {
      try {
        await live.sleep();
      } catch (error) {
        // It may be stopping by now, because it died or the session ends.
        if (scheduled.state !== 'fallingAsleep') return;
        this.#note(live, `it was stopped instead of put to sleep: ${clause(error)}`);
        this.scheduler.sleepFailed(scheduled.id);
        return;
      }
      if (scheduled.state !== 'fallingAsleep') return;
      this.#ports.record.add({
        type: 'slept',
        resourceId: live.plan.resourceId,
        sleepMs: msSince(since),
      });
      this.scheduler.asleep(scheduled.id);
    });
  }

  wake(scheduled: ScheduledResource): void {
    void this.#watched(scheduled, 'waking', async (live, since) => {
      try {
        await live.wake();
        live.markUp();
      } catch (error) {
        if (scheduled.state !== 'starting') return;
        this.#note(live, `it was stopped and loaded again instead of woken: ${clause(error)}`);
        this.scheduler.wakeFailed(scheduled.id);
        return;
      }
      const wakeMs = msSince(since);
      this.#ports.record.add({ type: 'woke', resourceId: live.plan.resourceId, wakeMs });
      this.scheduler.started(scheduled.id, { cost: wakeMs });
    });
  }

  stop(scheduled: ScheduledResource, reason: string): void {
    const { progress, record } = this.#ports;
    const live = this.#of(scheduled);
    const { resourceId, spec } = live.plan;
    const isOurs = live.borrowedFrom === undefined;
    if (isOurs) record.add({ type: 'stopping', resourceId, reason });
    const since = performance.now();
    const watch = progress.watch(spec, 'stopping');
    const stop = live.stop(reason).then(
      () => {
        this.#stopFailures.delete(live);
        this.#resources.delete(scheduled.id);
        record.add(
          isOurs
            ? { type: 'stopped', resourceId, stopMs: msSince(since), ended: live.ended }
            : { type: 'returned', resourceId },
        );
      },
      (error: unknown) => {
        this.#stopFailures.set(live, error as Error);
        record.add({ type: 'failed', resourceId, phase: 'stop', ...serializeError(error) });
      },
    );
    this.#stops.set(live, stop);
    void stop.finally(() => {
      watch.done();
      this.#stops.delete(live);
      if (this.#stopFailures.has(live)) this.scheduler.stopFailed(scheduled.id);
      else this.scheduler.gone(scheduled.id);
    });
  }

  /** Ends the retention of an idle resource in its time, unless it is used until then. */
  idle(scheduled: ScheduledResource): void {
    const { retain } = scheduled.policy;
    if (typeof retain === 'string') return;
    const { lastUsed } = scheduled;
    const expire = (): void => {
      if (scheduled.lastUsed === lastUsed) this.scheduler.expire(scheduled.id);
    };
    setTimeout(expire, retain.idleMs).unref();
  }

  grant(demand: LeaseDemand, { id, resource }: ScheduledLease): void {
    this.#ports.desk.grant(demand, id, this.#of(resource));
  }

  deadlock(demand: LeaseDemand, others: readonly LeaseDemand[]): void {
    this.#ports.desk.deadlock(demand, others);
  }

  blocked(demand: LeaseDemand, scheduled: ScheduledResource): void {
    this.#ports.desk.blocked(demand, this.#stopFailures.get(this.#of(scheduled)));
  }

  #plan(scheduled: ScheduledResource, demand: LeaseDemand): ResourcePlan {
    const { desk, registry } = this.#ports;
    const { provider: prefix, name, config } = desk.requestOf(demand);
    const spec = `${prefix}:${name}`;
    const instance = (this.#instances.get(spec) ?? 0) + 1;
    this.#instances.set(spec, instance);
    const pool = demand.need?.pool;
    return {
      ...{ resourceId: `${spec}#${instance}`, scheduledId: scheduled.id },
      ...{ spec, prefix, provider: registry.require(prefix, spec), name, config },
      ...{ devices: pool === undefined ? [] : scheduled.devices, pool },
    };
  }

  async #load(live: LiveResource, scheduled: ScheduledResource): Promise<void> {
    const { desk, record } = this.#ports;
    const since = performance.now();
    try {
      await live.start();
      live.markUp();
      this.#ports.launcher.look();
      live.startMs = msSince(since);
      this.#loaded(live, scheduled);
    } catch (error) {
      const { resourceId } = live.plan;
      const { code, message } = serializeError(error);
      live.ended = 'startFailed';
      record.add({ type: 'failed', resourceId, phase: 'start', code, message });
      const waiters = this.scheduler.startFailed(scheduled.id);
      // Reported only when nothing is left of the failed start, so that another attempt begins from nothing.
      await this.#stops.get(live);
      for (const waiter of waiters) desk.refuse(waiter, error as Error);
    }
  }

  #loaded(live: LiveResource, { id, key }: ScheduledResource): void {
    const { loadTimes, record, sleeps } = this.#ports;
    const { startMs, borrowedFrom } = live;
    const { resourceId, spec, prefix } = live.plan;
    if (borrowedFrom === undefined) {
      record.add({ type: 'ready', spec, resourceId, startMs });
      loadTimes.note(key, startMs);
      const canSleep = sleeps && live.canSleep;
      // The time of a wake is not known yet, but it is far below that of a load.
      this.scheduler.started(id, { canSleep, cost: canSleep ? 0 : (loadTimes.get(key) ?? 0) });
    } else {
      // It stays warm when it is given back, so that bringing it back costs nothing.
      record.add({ type: 'borrowed', spec, resourceId, from: borrowedFrom, waitedMs: startMs });
      const places = placesOf(prefix, live.devices);
      this.scheduler.started(id, { home: places, devices: places });
    }
  }

  #lost(live: LiveResource, reason: string, exit: ProcessExit | undefined, logTail: string[]): void {
    const { resourceId, scheduledId } = live.plan;
    const { code, signal } = exit ?? { code: null, signal: null };
    live.ended = 'died';
    this.#ports.record.add({ type: 'lost', resourceId, reason, code, signal });
    this.#ports.desk.lost(this.scheduler.lost(scheduledId), resourceId, reason, logTail);
  }

  /** What a supervisor is asked for before the resource is made. */
  #wanted(live: LiveResource): WantedResource {
    const { registry } = this.#ports;
    const { spec, prefix, provider, name, config, devices, pool } = live.plan;
    const taken = this.resources
      .filter((other) => other !== live && other.borrowedFrom === undefined)
      .flatMap(({ plan }) => placesOf(plan.prefix, plan.devices));
    return {
      ...{ spec, provider: prefix, name, config, devices, pool },
      maxLive: provider.constraints.maxLive,
      own: placesOf(prefix, devices).map((place) => taken.filter((other) => other === place).length),
      identity: () => registry.identity({ provider: prefix, name, config }),
      lost: (reason, logTail) => live.lose(reason, undefined, logTail),
    };
  }

  async #watched(
    scheduled: ScheduledResource,
    activity: string,
    step: (live: LiveResource, since: number) => Promise<void>,
  ): Promise<void> {
    const live = this.#of(scheduled);
    const watch = this.#ports.progress.watch(live.plan.spec, activity);
    await step(live, performance.now()).finally(() => watch.done());
  }

  async #putOff(
    live: LiveResource,
    title: string,
    step: Parameters<ResourceContext['putOff']>[1],
  ): Promise<void> {
    const isLate = live.holding?.putOff({
      look: async (file) => {
        try {
          await step.look(file);
        } catch (error) {
          this.#note(live, `what its file has left open is not known: ${clause(error)}`);
        }
      },
      end: () => this.#endLate(live, title, async () => step.end()),
    });
    // It is a step of the stop, which reports its failure.
    if (isLate !== true) await step.end();
  }

  async #endLate({ plan }: LiveResource, title: string, end: () => Promise<void>): Promise<void> {
    const { resourceId, provider } = plan;
    const { stopTimeoutMs } = provider.constraints;
    try {
      const late = (): Error => new Error(`took longer than the stop limit of ${stopTimeoutMs} ms`);
      await withinLimit(end(), stopTimeoutMs, late);
    } catch (error) {
      const failure = teardownError(resourceId, [{ title, error }]);
      this.#lateFailures.push(failure);
      this.#ports.record.add({ type: 'failed', resourceId, phase: 'stop', ...serializeError(failure) });
    }
  }

  #note({ plan: { spec, resourceId } }: LiveResource, message: string): void {
    this.#ports.record.add({ type: 'noted', spec, resourceId, message });
  }

  #of({ id }: ScheduledResource): LiveResource {
    const live = this.#resources.get(id);
    if (live === undefined) throw new Error(`No resource ${id}`);
    return live;
  }
}

function msSince(since: number): number {
  return Math.round(performance.now() - since);
}

/** An error as part of another sentence. */
function clause(error: unknown): string {
  const [line = ''] = messageOf(error).split('\n');
  return line.replace(/\.$/, '');
}
