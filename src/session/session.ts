import { serializeError, type SerializedError } from '../pattern/errors';
import type { EvalRun } from '../pattern/eval-run';
import type { HostRecord } from '../pattern/host';
import type { Json } from '../pattern/json';
import type { ProviderConstraints } from '../pattern/constraints';
import type { ProviderRegistry } from '../pattern/registry';
import type { DependencyLease } from '../pattern/resource-context';
import { parseRequest, resourceKey } from '../pattern/resource-spec';
import { ServerLauncher } from '../process/server-launcher';
import type { CloseReport } from './close-report';
import { devicesOf } from './devices-of';
import { EvalProgressDisplay } from './eval-progress-display';
import { EventRecord } from './events';
import { abortedError, blockedError, closedError, deadlockError, lostError } from './lease-errors';
import { describeHolders } from './lease-holders';
import { expireWhenIdle } from './expire-when-idle';
import { FileReservations } from './file-reservations';
import { LiveResource } from './live-resource';
import { LiveResources } from './live-resources';
import { ProgressPrinter } from './progress';
import { placesOf } from './placement';
import type { LeaseDemand, ScheduledLease, ScheduledResource } from './scheduled';
import { Scheduler } from './scheduler';
import {
  sessionConnection,
  type ConnectionRequest,
  type LeaseGrant,
  type SessionConnection,
} from './session-connection';
import { PendingRequests, type PendingRequest } from './pending-requests';
import type { SessionPlace } from './session-place';
import type { SessionOptions } from './session-options';
import { SleepAndWake } from './sleep-and-wake';
import { wantedResource } from './wanted-resource';
import type { WarmSource } from './warm-resources';

/** What an evaluation found, and the test file or script that sent it. */
export type SessionRecord = HostRecord & { readonly from: string };

interface Held {
  readonly resource: LiveResource;
  readonly onLost: (leaseId: string, error: SerializedError) => void;
}

/** Everything between `globalSetup` and `globalTeardown`: owns the resources, and lends them. */
export class Session {
  readonly id: string;
  readonly record = new EventRecord();
  readonly records: SessionRecord[] = [];
  readonly registry: ProviderRegistry;
  /** The test files that are under way, of those that told so. */
  readonly files: FileReservations;
  readonly evalProgress = new EvalProgressDisplay();
  /** The run whose logs evaluations write; watch mode has one for each of its runs. */
  evals: (() => Promise<EvalRun>) | undefined;
  readonly #place: SessionPlace;
  readonly #launcher: ServerLauncher;
  readonly #progress: ProgressPrinter;
  readonly #pending: PendingRequests;
  readonly #held = new Map<string, Held>();
  readonly #resources = new LiveResources();
  readonly #stops = new Map<LiveResource, Promise<void>>();
  readonly #stopFailures = new Map<LiveResource, Error>();
  readonly #releasedFrom = new Map<string, LiveResource>();
  readonly #scheduler: Scheduler;
  readonly #atEnd: (() => void)[] = [];
  readonly #policy: Partial<ProviderConstraints>;
  readonly #sleeps: boolean;
  readonly #warm: WarmSource | undefined;
  #closing: Promise<CloseReport> | undefined;

  constructor(registry: ProviderRegistry, place: SessionPlace, options: SessionOptions = {}) {
    const { progress = new ProgressPrinter(), retain, sleeps = true, warm } = options;
    this.registry = registry;
    this.#policy = retain === undefined ? {} : { retain };
    this.#sleeps = sleeps;
    this.#warm = warm;
    this.id = place.session;
    this.#place = place;
    this.#pending = new PendingRequests(this.record);
    this.#progress = progress;
    this.#launcher = new ServerLauncher(place.guardianOptions);
    const sleepAndWake = new SleepAndWake({
      ...{ resources: this.#resources, record: this.record, progress },
      scheduler: () => this.#scheduler,
    });
    this.#scheduler = new Scheduler({
      start: (resource, demand) => this.#start(resource, demand),
      sleep: (resource) => void sleepAndWake.sleep(resource),
      wake: (resource) => void sleepAndWake.wake(resource),
      stop: (resource, reason) => void this.#stop(resource, reason),
      idle: (resource) => expireWhenIdle(resource, this.#scheduler),
      grant: (demand, lease) => this.#grant(demand, lease),
      deadlock: (demand, others) =>
        this.#pending.refuse(
          demand,
          deadlockError(
            this.#pending.of(demand),
            others.map((other) => this.#pending.of(other)),
            describeHolders([demand, ...others], this.#scheduler.leases.values(), this.record.events),
          ),
        ),
      blocked: (demand, resource) =>
        this.#pending.refuse(
          demand,
          blockedError(this.#pending.of(demand), this.#stopFailures.get(this.#resources.get(resource.id))),
        ),
    });
    this.files = new FileReservations(registry, this.#scheduler, warm);
    place.removeAtExit(() => !this.#launcher.isGuarded);
  }

  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  /** The keys of resources on which a lease costs no load. */
  get loaded(): readonly string[] {
    return this.#scheduler.loaded;
  }

  /**
   * A new holder of leases.
   *
   * @param onLost called when a resource that the connection leases has died.
   * @param file under which {@link files} knows it.
   */
  connect(onLost: (leaseId: string, error: SerializedError) => void, file?: string): SessionConnection {
    return sessionConnection({
      lease: (request, signal) => this.#lease(request, onLost, signal, { file }),
      release: (leaseId) => this.#release(leaseId),
      testFailed: (leaseId, test) => this.#held.get(leaseId)?.resource.testFailed(test),
      canRepeat: (leaseId) => this.#releasedFrom.has(leaseId),
    });
  }

  /**
   * Ends a resource that is kept without leases; does nothing if somebody leases it.
   *
   * @throws ModelProviderError `TEARDOWN_FAILED`; it may be called again.
   */
  async retire(resourceId: string): Promise<void> {
    const live = this.#resources.all.find(({ plan }) => plan.resourceId === resourceId);
    if (live === undefined) return;
    const id = this.#resources.scheduledId(live);
    if (this.#stopFailures.has(live)) this.#scheduler.retryStop(id);
    else this.#scheduler.expire(id);
    await this.#stops.get(live);
    const failure = this.#stopFailures.get(live);
    if (failure !== undefined) throw failure;
  }

  /** Registers what is done when the session has ended, however it ends. */
  atEnd(step: () => void): void {
    this.#atEnd.push(step);
  }

  /** Kills every server without any grace and removes the session's files; for the impatient, after {@link close}. */
  async kill(): Promise<void> {
    await this.#launcher.hurry();
    await this.#launcher.close();
    this.#place.remove();
    for (const step of this.#atEnd) step();
  }

  /** Stops everything and removes the session's files. Repeated calls share one close. */
  close(): Promise<CloseReport> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #lease(
    request: ConnectionRequest,
    onLost: PendingRequest['onLost'],
    signal: AbortSignal,
    asker: Pick<LeaseDemand, 'file' | 'startOf'>,
  ): Promise<LeaseGrant> {
    const { provider: prefix, name, config } = request;
    const spec = `${prefix}:${name}`;
    const provider = this.registry.get(prefix);
    const need = provider?.devices === undefined ? undefined : await devicesOf(provider, request, this.#warm);
    if (need !== undefined) await this.files.known();
    if (this.isClosing) throw closedError(spec);
    const { constraints } = this.registry.require(prefix, spec);
    if (signal.aborted) throw abortedError(spec);
    this.record.add({ type: 'requested', spec, requester: request.requester });
    const id = this.#pending.newId();
    const watch = this.#progress.watch(spec, 'waiting', () => this.#isQueued(id));
    watch.say('all slots are in use');
    const onAbort = (): void => {
      this.#pending.get(id)?.reject(abortedError(spec));
      this.#scheduler.cancel(id);
    };
    try {
      return await new Promise<LeaseGrant>((grant, reject) => {
        this.#pending.add(id, { request, spec, since: performance.now(), onLost, grant, reject });
        signal.addEventListener('abort', onAbort, { once: true });
        this.#scheduler.request({
          id,
          key: resourceKey(prefix, name, config),
          provider: prefix,
          policy: { ...constraints, ...this.#policy },
          need,
          holding: request.holding,
          ...asker,
        });
      });
    } finally {
      watch.done();
      signal.removeEventListener('abort', onAbort);
      this.#pending.delete(id);
    }
  }

  #isQueued(id: string): boolean {
    return this.#scheduler.waiters.some((waiter) => waiter.id === id && waiter.resource === undefined);
  }

  async #release(leaseId: string): Promise<void> {
    const resource = this.#held.get(leaseId)?.resource ?? this.#releasedFrom.get(leaseId);
    if (resource === undefined) return;
    if (this.#held.delete(leaseId)) {
      this.record.add({ type: 'released', resourceId: resource.plan.resourceId, leaseId });
      this.#scheduler.release(leaseId);
    } else if (this.#stopFailures.has(resource)) {
      this.#scheduler.retryStop(this.#resources.scheduledId(resource));
    }
    this.#releasedFrom.delete(leaseId);
    await this.#stops.get(resource);
    const failure = this.#stopFailures.get(resource);
    if (failure === undefined) return;
    this.#releasedFrom.set(leaseId, resource);
    throw failure;
  }

  #start(scheduled: ScheduledResource, demand: LeaseDemand): void {
    const { request, spec } = this.#pending.of(demand);
    const { name, config } = request;
    const provider = this.registry.require(request.provider, spec);
    const resourceId = this.#resources.newId(spec);
    const pool = demand.need?.pool;
    const devices = pool === undefined ? [] : scheduled.devices;
    const plan = { resourceId, spec, name, config, provider, devices, pool };
    const watch = this.#progress.watch(spec, 'loading');
    const live: LiveResource = new LiveResource(plan, {
      directory: this.#place.directory,
      borrow: () => this.#warm?.borrow(wantedResource(live, this.#resources.all, this.registry)),
      starting: () => this.record.add({ type: 'starting', spec, resourceId, devices }),
      expectServer: () => this.#launcher.expectServer(),
      launch: (options, directory) => this.#launcher.launch(options, resourceId, directory),
      lease: (dependency, config, signal) => this.#leaseFor(live, scheduled.id, dependency, config, signal),
      progress: (message) => watch.say(message),
      note: (message) => this.record.add({ type: 'noted', spec, resourceId, message }),
      launched: (pid, command) => this.record.add({ type: 'launched', resourceId, pid, command }),
      exited: (pid, exit) => this.record.add({ type: 'exited', resourceId, pid, ...exit }),
      kept: (message) => this.record.add({ type: 'kept', resourceId, message }),
      lost: (reason, exit, logTail) =>
        this.#lost(live, reason, exit ?? { code: null, signal: null }, logTail),
    });
    this.#resources.add(scheduled.id, live);
    void this.#run(live, scheduled).finally(() => watch.done());
  }

  async #run(live: LiveResource, scheduled: ScheduledResource): Promise<void> {
    const { resourceId } = live.plan;
    const since = performance.now();
    try {
      await live.start();
      live.confirm();
      live.startMs = Math.round(performance.now() - since);
      this.#noteStart(live, scheduled);
    } catch (error) {
      const { code, message } = serializeError(error);
      this.record.add({ type: 'failed', resourceId, phase: 'start', code, message });
      const waiters = this.#scheduler.startFailed(scheduled.id);
      // Told only when nothing is left of the failed start, so that trying again begins from nothing.
      await this.#stops.get(live);
      for (const waiter of waiters) this.#pending.refuse(waiter, error as Error);
    }
  }

  #noteStart(live: LiveResource, { id, key, provider }: ScheduledResource): void {
    const { startMs, borrowedFrom } = live;
    const { resourceId, spec } = live.plan;
    if (borrowedFrom === undefined) {
      this.record.add({ type: 'ready', spec, resourceId, startMs });
      this.#place.loadTimes.note(key, startMs);
      const canSleep = this.#sleeps && live.canSleep;
      // How long a wake takes is not known yet, but it is far less than a load.
      this.#scheduler.started(id, { canSleep, cost: canSleep ? 0 : (this.#place.loadTimes.get(key) ?? 0) });
    } else {
      // It stays warm, so that giving it back costs nothing.
      this.record.add({ type: 'borrowed', spec, resourceId, from: borrowedFrom, waitedMs: startMs });
      const places = placesOf(provider, live.devices);
      this.#scheduler.started(id, { home: places, devices: places });
    }
  }

  #stop(scheduled: ScheduledResource, reason: string): Promise<void> {
    const live = this.#resources.get(scheduled.id);
    const { resourceId, spec } = live.plan;
    const isOurs = live.borrowedFrom === undefined;
    if (isOurs) this.record.add({ type: 'stopping', resourceId, reason });
    live.abort(reason);
    const since = performance.now();
    const watch = this.#progress.watch(spec, 'stopping');
    const stop = live.stop().then(
      () => {
        this.#stopFailures.delete(live);
        this.#resources.delete(scheduled.id);
        const stopMs = Math.round(performance.now() - since);
        this.record.add(isOurs ? { type: 'stopped', resourceId, stopMs } : { type: 'returned', resourceId });
      },
      (error: unknown) => {
        this.#stopFailures.set(live, error as Error);
        this.record.add({ type: 'failed', resourceId, phase: 'stop', ...serializeError(error) });
      },
    );
    this.#stops.set(live, stop);
    return stop.finally(() => {
      watch.done();
      this.#stops.delete(live);
      if (this.#stopFailures.has(live)) this.#scheduler.stopFailed(scheduled.id);
      else this.#scheduler.gone(scheduled.id);
    });
  }

  #grant(demand: LeaseDemand, { id: leaseId, resource: scheduled }: ScheduledLease): void {
    const pending = this.#pending.get(demand.id);
    const live = this.#resources.get(scheduled.id);
    const { resourceId } = live.plan;
    if (pending === undefined) return;
    this.#held.set(leaseId, { resource: live, onLost: pending.onLost });
    const waitedMs = Math.round(performance.now() - pending.since);
    this.record.add({ type: 'leased', resourceId, leaseId, requester: pending.request.requester, waitedMs });
    const facts = { command: live.commandLine, startMs: live.startMs };
    pending.grant({ leaseId, resourceId, connection: live.connection, facts });
  }

  #lost(
    live: LiveResource,
    reason: string,
    exit: { code: number | null; signal: string | null },
    logTail: string[],
  ): void {
    const { resourceId } = live.plan;
    this.record.add({ type: 'lost', resourceId, reason, ...exit });
    const error = serializeError(lostError(resourceId, reason, logTail));
    for (const leaseId of this.#scheduler.lost(this.#resources.scheduledId(live))) {
      const held = this.#held.get(leaseId);
      this.#held.delete(leaseId);
      held?.onLost(leaseId, error);
    }
  }

  async #leaseFor(
    live: LiveResource,
    startOf: string,
    spec: string,
    config: Json | undefined,
    signal: AbortSignal,
  ): Promise<DependencyLease & { release(): Promise<void> }> {
    const { provider, name } = parseRequest(
      config === undefined ? spec : { spec, config },
      this.registry.names,
    );
    const request = { provider, name, config, holding: [], requester: `resource ${live.plan.resourceId}` };
    const onLost = (_leaseId: string, error: SerializedError): void =>
      live.lose(`its dependency died: ${error.message}`);
    const { leaseId, resourceId, connection } = await this.#lease(request, onLost, signal, { startOf });
    return { resourceId, connection, release: () => this.#release(leaseId) };
  }

  async #close(): Promise<CloseReport> {
    const since = performance.now();
    const watch = this.#progress.watch('jest-model-provider', 'stopping');
    const stopped = this.#resources.all.filter((live) => live.borrowedFrom === undefined).length;
    for (const waiter of this.#scheduler.close())
      this.#pending.refuse(waiter, closedError(this.#pending.of(waiter).spec));
    while (this.#stops.size > 0) await Promise.all(this.#stops.values());
    const failures = [...this.#stopFailures.values()];
    await this.#launcher.close();
    const leftBehind = this.#place.remove();
    for (const step of this.#atEnd) step();
    watch.done();
    const kept = this.record.events.flatMap((event) => (event.type === 'kept' ? [event.message] : []));
    return { stopped, failures, leftBehind, kept, closeMs: Math.round(performance.now() - since) };
  }
}
