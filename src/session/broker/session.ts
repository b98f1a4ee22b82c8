import { serializeError, type SerializedError } from '../../base/errors';
import type { Json } from '../../base/json';
import type { ProviderConstraints } from '../../pattern/constraints';
import type { DeviceNeed } from '../../pattern/device-need';
import type { ProviderRegistry } from '../../pattern/registry';
import type { DependencyLease } from '../../pattern/resource-context';
import { parseRequest, resourceKey, type ResourceRef } from '../../pattern/resource-spec';
import { ServerLauncher } from '../../process/guardian/server-launcher';
import type { CloseReport } from '../events/close-report';
import { describeHolder, EventRecord, type LeaseHolder } from '../events/events';
import { PauseProgress } from '../events/pause-progress';
import { ProgressPrinter } from '../events/progress';
import { LeaseHolding } from '../resources/lease-holding';
import type { LiveResource } from '../resources/live-resource';
import { ResourceExecutor } from '../resources/resource-executor';
import type { WarmSource } from '../resources/warm-source';
import type { Scheduler } from '../scheduler/scheduler';
import type { LeaseDemand } from '../scheduler/state';
import { EndpointPauses } from '../wire/endpoint-pauses';
import type { LeaseGrant, OwnedRequest } from '../wire/lease-request';
import { describeWait } from './describe-wait';
import { FileReservations } from './file-reservations';
import { leaseAccount, type LeaseAccount } from './lease-account';
import { abortedError, blockedError, closedError, deadlockError, lostError } from './lease-errors';
import { PendingRequests, type PendingRequest } from './pending-requests';
import type { SessionFiles } from './session-files';

/** What is particular about a session. */
export interface SessionOptions {
  readonly progress?: ProgressPrinter;
  /** How long resources are kept without leases, whatever their providers say. */
  readonly retain?: ProviderConstraints['retain'];
  /** Whether resources that can sleep may; they may if not given. */
  readonly sleeps?: boolean;
  /** Where to look before a resource is made. */
  readonly warm?: WarmSource | undefined;
}

/** Who asks for a lease. */
interface Asker extends Pick<LeaseDemand, 'file' | 'startOf'> {
  readonly holder: LeaseHolder;
  readonly holding: LeaseHolding;
  readonly onLost: PendingRequest['onLost'];
}

/** A lease that is held. */
interface Held extends Pick<Asker, 'holder' | 'onLost'> {
  readonly live: LiveResource;
}

/** Everything between `globalSetup` and `globalTeardown`: lends resources, which its executor owns. */
export class Session {
  readonly id: string;
  readonly record = new EventRecord();
  readonly registry: ProviderRegistry;
  /** The test files that are under way, of those that told so. */
  readonly reservations: FileReservations;
  /** The endpoints that nobody of the session sends requests to now. */
  readonly pauses = new EndpointPauses();
  /** Resolves when nothing is left of the session, be it closed or killed. */
  readonly ended: Promise<void>;
  readonly #files: SessionFiles;
  readonly #launcher: ServerLauncher;
  readonly #progress: ProgressPrinter;
  readonly #pending: PendingRequests;
  readonly #executor: ResourceExecutor;
  readonly #scheduler: Scheduler;
  readonly #held = new Map<string, Held>();
  readonly #holdings = new Set<LeaseHolding>();
  /** By lease: resources whose stop, which the release entailed, has failed. */
  readonly #releasedFrom = new Map<string, LiveResource>();
  readonly #policy: Partial<ProviderConstraints>;
  readonly #warm: WarmSource | undefined;
  #closing: Promise<CloseReport> | undefined;
  #end: () => void = () => undefined;

  constructor(registry: ProviderRegistry, files: SessionFiles, options: SessionOptions = {}) {
    const { progress = new ProgressPrinter(), retain, sleeps = true, warm } = options;
    const { record } = this;
    this.id = files.session;
    this.registry = registry;
    this.ended = new Promise((resolve) => (this.#end = resolve));
    this.#files = files;
    this.#launcher = new ServerLauncher(files.guardianOptions);
    this.#progress = progress;
    const shown = new PauseProgress(progress);
    this.pauses.listen((pause) => shown.show(pause));
    this.#policy = retain === undefined ? {} : { retain };
    this.#warm = warm;
    this.#pending = new PendingRequests(record);
    this.#executor = new ResourceExecutor({
      ...{ registry, record, progress, sleeps, warm, launcher: this.#launcher },
      ...{ directory: files.directory, loadTimes: files.loadTimes },
      desk: {
        requestOf: (demand) => this.#pending.of(demand).request,
        grant: (demand, leaseId, live) => this.#grant(demand, leaseId, live),
        refuse: (demand, error) => this.#pending.refuse(demand, error),
        deadlock: (demand, others) => this.#refuseDeadlock(demand, others),
        blocked: (demand, failure) =>
          this.#pending.refuse(demand, blockedError(this.#pending.of(demand), failure)),
        lost: (...loss) => this.#lost(...loss),
        leaseFor: (...dependency) => this.#leaseFor(...dependency),
      },
    });
    this.#scheduler = this.#executor.scheduler;
    this.reservations = new FileReservations({
      ...{ registry, scheduler: this.#scheduler },
      needOf: (ref) => this.#needOf(ref),
    });
    files.removeAtExit(() => !this.#launcher.isGuarded);
  }

  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  /** The keys of resources on which a lease costs no load. */
  get loaded(): readonly string[] {
    return this.#scheduler.loaded;
  }

  /**
   * Opens the account of a new holder of leases.
   *
   * @param onLost called when a resource that the holder leases has died.
   * @param file of a test file: its name, and that of its reservation in {@link reservations} if it has one.
   */
  connect(
    onLost: (leaseId: string, error: SerializedError) => void,
    file?: { readonly name: string; readonly reservation: string | undefined },
  ): LeaseAccount {
    const holding = new LeaseHolding(file?.name);
    if (file !== undefined) this.#holdings.add(holding);
    const account = leaseAccount({
      holding,
      lease: (request, signal) => {
        const holder = { label: request.requester };
        return this.#lease(request, signal, { holder, holding, onLost, file: file?.reservation });
      },
      release: (leaseId) => this.#release(leaseId),
      testFailed: (leaseId, test) => this.#held.get(leaseId)?.live.testFailed(test),
      note: (leaseId, message) => {
        const plan = this.#held.get(leaseId)?.live.plan;
        if (plan !== undefined)
          this.record.add({ type: 'noted', spec: plan.spec, resourceId: plan.resourceId, message });
      },
      canRepeat: (leaseId) => this.#releasedFrom.has(leaseId),
    });
    const close = async (): Promise<void> => {
      await account.close();
      this.#holdings.delete(holding);
    };
    return { ...account, close };
  }

  /**
   * Ends a resource that is kept without leases; does nothing if it is leased.
   *
   * @throws ModelProviderError `TEARDOWN_FAILED`; it may be called again.
   */
  retire(resourceId: string): Promise<void> {
    return this.#executor.retire(resourceId);
  }

  /**
   * Kills every server without grace and removes the session's files, also while {@link close} is under way.
   */
  async kill(): Promise<void> {
    await this.#launcher.forceKill();
    await this.#launcher.close();
    this.#files.remove();
    this.#end();
  }

  /** Stops everything and removes the session's files. Repeated calls share one close. */
  close(): Promise<CloseReport> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #lease(
    request: OwnedRequest,
    signal: AbortSignal,
    { holder, holding, onLost, ...asker }: Asker,
  ): Promise<LeaseGrant> {
    const { provider: prefix, name, config } = request;
    const spec = `${prefix}:${name}`;
    const hasDevices = this.registry.get(prefix)?.devices !== undefined;
    const need = hasDevices ? await this.#needOf(request) : undefined;
    if (need !== undefined) await this.reservations.known();
    if (this.isClosing) throw closedError(spec);
    const { constraints } = this.registry.require(prefix, spec);
    if (signal.aborted) throw abortedError(spec);
    this.record.add({ type: 'requested', spec, requester: request.requester });
    const id = this.#pending.newId();
    const watch = this.#progress.watch(spec, 'waiting', () => this.#whyQueued(id));
    const onAbort = (): void => {
      this.#pending.get(id)?.reject(abortedError(spec));
      this.#scheduler.cancel(id);
    };
    try {
      return await new Promise<LeaseGrant>((grant, reject) => {
        this.#pending.add(id, {
          ...{ request, spec, holder, holding, since: performance.now() },
          ...{ onLost, grant, reject },
        });
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

  /** The devices that a resource takes for itself, those first on which it is warm already. */
  async #needOf(ref: ResourceRef): Promise<DeviceNeed | undefined> {
    const need = await this.registry.devices(ref);
    return need === undefined || this.#warm === undefined ? need : this.#warm.prefer(need, ref);
  }

  /** Why a request has no resource to wait for yet; undefined if it has one, whose start tells of itself. */
  #whyQueued(id: string): string | undefined {
    const waiter = this.#scheduler.waiters.find(
      (queued) => queued.id === id && queued.resource === undefined,
    );
    return waiter && describeWait(waiter, this.#scheduler.resources.values());
  }

  #grant(demand: LeaseDemand, leaseId: string, live: LiveResource): void {
    const pending = this.#pending.get(demand.id);
    if (pending === undefined) return;
    const { holder, holding, onLost, since } = pending;
    live.holding = holding;
    const { resourceId } = live.plan;
    this.#held.set(leaseId, { live, holder, onLost });
    const waitedMs = Math.round(performance.now() - since);
    this.record.add({ type: 'leased', resourceId, leaseId, holder, waitedMs });
    const facts = { command: live.commandLine, startMs: live.startMs };
    pending.grant({ leaseId, resourceId, connection: live.connection, facts });
  }

  #refuseDeadlock(demand: LeaseDemand, others: readonly LeaseDemand[]): void {
    const providers = new Set([demand, ...others].map(({ provider }) => provider));
    const holders = [...this.#held.values()]
      .filter(({ live }) => providers.has(live.plan.prefix))
      .map(({ live, holder }) => `${live.plan.resourceId} is held by ${describeHolder(holder)}`);
    const waiting = others.flatMap(({ id }) => this.#pending.get(id) ?? []);
    this.#pending.refuse(demand, deadlockError(this.#pending.of(demand), waiting, holders));
  }

  async #release(leaseId: string): Promise<void> {
    const live = this.#held.get(leaseId)?.live ?? this.#releasedFrom.get(leaseId);
    if (live === undefined) return;
    const { resourceId, scheduledId } = live.plan;
    if (this.#held.delete(leaseId)) {
      this.record.add({ type: 'released', resourceId, leaseId });
      this.#scheduler.release(leaseId);
    } else {
      this.#scheduler.retryStop(scheduledId);
    }
    this.#releasedFrom.delete(leaseId);
    try {
      await this.#executor.stopped(live);
    } catch (error) {
      this.#releasedFrom.set(leaseId, live);
      throw error;
    }
  }

  #lost(leaseIds: readonly string[], resourceId: string, reason: string, logTail: readonly string[]): void {
    const error = serializeError(lostError(resourceId, reason, logTail));
    for (const leaseId of leaseIds) {
      const held = this.#held.get(leaseId);
      this.#held.delete(leaseId);
      held?.onLost(leaseId, error);
    }
  }

  async #leaseFor(
    dependent: LiveResource,
    spec: string,
    config: Json | undefined,
    signal: AbortSignal,
  ): Promise<DependencyLease & { release(): Promise<void> }> {
    const { provider, name } = parseRequest(
      config === undefined ? spec : { spec, config },
      this.registry.names,
    );
    const holder = { resourceId: dependent.plan.resourceId };
    const request = { provider, name, config, holding: [], requester: describeHolder(holder) };
    const onLost = (_leaseId: string, error: SerializedError): void =>
      dependent.lose(`its dependency died: ${error.message}`);
    const asker = { holder, holding: new LeaseHolding(), onLost, startOf: dependent.plan.scheduledId };
    const { leaseId, resourceId, connection } = await this.#lease(request, signal, asker);
    return { resourceId, connection, release: () => this.#release(leaseId) };
  }

  async #close(): Promise<CloseReport> {
    const since = performance.now();
    const watch = this.#progress.watch('jest-model-provider', 'stopping');
    // Before the resources end that are needed for it.
    if (this.#holdings.size > 0) await Promise.all([...this.#holdings].map((holding) => holding.end()));
    const stopped = this.#executor.resources.filter((live) => live.borrowedFrom === undefined).length;
    for (const waiter of this.#scheduler.close())
      this.#pending.refuse(waiter, closedError(this.#pending.of(waiter).spec));
    await this.#executor.allStopped();
    const failures = this.#executor.stopFailures;
    await this.#launcher.close();
    const leftBehind = this.#files.remove();
    this.#end();
    watch.done();
    const kept = this.record.events.flatMap((event) => (event.type === 'kept' ? [event.message] : []));
    const closeMs = Math.round(performance.now() - since);
    return { stopped, failures, leftBehind, kept, closeMs };
  }
}
