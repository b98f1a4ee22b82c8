import { ModelProviderError } from '../base/errors';
import { stableStringify, type Json } from '../base/json';
import { packageVersion } from '../base/version';
import { parseRequest, resourceKey, type ParsedRequest, type ResourceRef } from '../pattern/resource-spec';
import type { LeaseAccount } from '../session/broker/lease-account';
import type { Session } from '../session/broker/session';
import { describeHolder, type LeaseHolder } from '../session/events/events';
import { placeFor, placesOf, type Occupant } from '../session/scheduler/placement';
import type {
  RoomRequest,
  SupervisorGreeting,
  SupervisorProject,
  SupervisorStatus,
  WarmDevices,
  WarmedUp,
  WarmOffer,
  WarmRequest,
} from '../session/warm/supervisor-protocol';
import type { LeaseGrant } from '../session/wire/lease-request';
import { TimeToLive } from './time-to-live';
import { ResourceHistories, type ResourceHistory } from './warm-status';

interface Warm {
  readonly request: ParsedRequest;
  readonly resourceId: string;
  readonly identity: Json;
}

/** Keeps resources of one session warm, lends them to runs, and ends when they were not used for a while. */
export class Supervisor {
  readonly #session: Session;
  readonly #project: SupervisorProject;
  readonly #exit: () => void;
  readonly #life: TimeToLive;
  readonly #histories: ResourceHistories;
  /** By provider, name and config. */
  readonly #warm = new Map<string, Warm>();
  #loading = 0;

  /** @param exit ends this process. */
  constructor(session: Session, project: SupervisorProject, exit: () => void) {
    this.#session = session;
    this.#project = project;
    this.#exit = exit;
    this.#life = new TimeToLive(
      () => this.#isInUse(),
      () => this.#end(),
    );
    this.#histories = new ResourceHistories(session.record.events);
    void session.ended.then(() => this.#life.stop());
  }

  get greeting(): SupervisorGreeting {
    return { pid: process.pid, version: packageVersion, project: this.#project };
  }

  get status(): SupervisorStatus {
    const resources = this.#ready().map(({ request, resourceId }) => {
      const { startMs, pids, holders } = this.#history(resourceId);
      return {
        spec: request.spec,
        config: request.config ?? null,
        resourceId,
        startMs,
        pids: [...pids],
        holders: [...holders.values()].map(describeHolder),
      };
    });
    const endsInMs = this.#isInUse() ? null : this.#life.remainingMs;
    return { ...this.greeting, ttlMs: this.#life.ttlMs, endsInMs, resources };
  }

  /**
   * Loads what is not warm yet, for the holder of `account`, whose end gives a start up.
   *
   * @throws ModelProviderError what the same setup in a run would throw, `CONFIG_INVALID`,
   *   `WARM_RESOURCE_IN_USE`.
   */
  async up({ requests, ttlMs }: WarmRequest, account: LeaseAccount, requester: string): Promise<WarmedUp> {
    const parsed = this.#parse(requests);
    this.#loading += 1;
    const leases: string[] = [];
    const loaded: string[] = [];
    try {
      await this.#requirePlaces(parsed);
      for (const request of parsed) {
        const identity = await this.#session.registry.identity(request);
        await this.#endOutdated(request, identity);
        const before = this.#find(request)?.resourceId;
        const grant = await account.lease({ ...request, holding: leases, requester });
        leases.push(grant.leaseId);
        const { resourceId } = grant;
        if (resourceId !== before) {
          loaded.push(request.spec);
          this.#warm.set(keyOf(request), { request, resourceId, identity });
        }
      }
      this.#life.ttlMs = ttlMs;
    } finally {
      this.#loading -= 1;
      await Promise.allSettled(leases.map((leaseId) => account.release(leaseId)));
      this.touch();
    }
    return { status: this.status, loaded };
  }

  offer(wanted: ResourceRef): WarmOffer | null {
    const warm = this.#find(wanted);
    if (warm === undefined) return null;
    return { resourceId: warm.resourceId, identity: warm.identity, devices: this.#devicesOf(warm) };
  }

  /** Where the wanted resource is warm, and where others are. */
  devices(wanted: ResourceRef): WarmDevices {
    const warm = this.#find(wanted);
    const others = this.#ready().filter((other) => other !== warm);
    return {
      own: warm === undefined ? [] : this.#devicesOf(warm),
      others: others.flatMap((other) => this.#devicesOf(other)),
    };
  }

  /** Lends a resource that was offered. It starts nothing: null if the resource is gone meanwhile. */
  async borrow(resourceId: string, account: LeaseAccount, requester: string): Promise<LeaseGrant | null> {
    const warm = this.#ready().find((each) => each.resourceId === resourceId);
    if (warm === undefined || !this.#canLend(warm)) return null;
    return account.lease({ ...warm.request, holding: [], requester });
  }

  /**
   * Ends unused resources until the wanted one has a place on each of the devices that it would take.
   *
   * @returns their specs.
   * @throws ModelProviderError `WARM_RESOURCE_IN_USE`, `TEARDOWN_FAILED`.
   */
  async makeRoom({ spec, provider, maxLive, devices, own }: RoomRequest): Promise<string[]> {
    const ending = new Set<Warm>();
    for (const [index, place] of placesOf(provider, devices).entries()) {
      const live = this.#ready().filter((warm) => !ending.has(warm) && this.#placesOf(warm).includes(place));
      const limit = Math.min(maxLive, ...live.map((warm) => this.#maxLive(warm)));
      const tooMany = Math.max(0, Math.min(live.length, live.length + (own[index] ?? 0) + 1 - limit));
      const unused = live.filter((warm) => this.#leases(warm).length === 0).slice(0, tooMany);
      if (unused.length < tooMany) throw inUse(`"${spec}" has no place`, this.#described(live));
      for (const warm of unused) ending.add(warm);
    }
    for (const warm of ending) await this.#retire(warm);
    this.touch();
    return [...ending].map(({ request }) => request.spec);
  }

  /**
   * Ends the named resources, or with none named all and the session; this process is then for the caller to
   * end.
   *
   * @returns their specs.
   * @throws ModelProviderError `CONFIG_INVALID` if one is not warm, `WARM_RESOURCE_IN_USE`,
   *   `TEARDOWN_FAILED`.
   */
  async down(requests: readonly Json[]): Promise<string[]> {
    if (requests.length === 0) return this.#endAll();
    const chosen = this.#parse(requests).map((each) => this.#require(each));
    const busy = chosen.filter((warm) => this.#leases(warm).length > 0);
    if (busy.length > 0) throw inUse('Nothing was ended', this.#described(busy));
    for (const warm of chosen) await this.#retire(warm);
    this.touch();
    return chosen.map(({ request }) => request.spec);
  }

  /** To be called after every use: starts the time to live anew. */
  touch(): void {
    if (!this.#session.isClosing) this.#life.restart();
  }

  /** Ends this process if nothing is warm or being loaded. */
  endIfEmpty(): void {
    if (this.#loading === 0 && this.#ready().length === 0) this.#end();
  }

  #end(): void {
    void this.#session.close().finally(this.#exit);
  }

  async #endAll(): Promise<string[]> {
    const ready = this.#ready();
    // A lease that a warm resource holds ends with that resource.
    const busy = ready.filter((warm) => this.#leases(warm).some((holder) => 'label' in holder));
    if (busy.length > 0) throw inUse('Nothing was ended', this.#described(busy));
    const { failures, leftBehind } = await this.#session.close();
    const problems = [...failures.map(({ message }) => message), ...leftBehind];
    if (problems.length > 0) throw new ModelProviderError('TEARDOWN_FAILED', problems.join('\n'));
    return ready.map(({ request }) => request.spec);
  }

  #parse(requests: readonly Json[]): ParsedRequest[] {
    return requests.map((request) => parseRequest(request, this.#session.registry.names));
  }

  /** @throws ModelProviderError `CONFIG_INVALID` if the resources do not fit at once. */
  async #requirePlaces(requests: readonly ParsedRequest[]): Promise<void> {
    const occupants: Occupant[] = [];
    for (const request of new Map(requests.map((each) => [keyOf(each), each])).values()) {
      const { spec, provider: prefix } = request;
      const { constraints: policy } = this.#session.registry.require(prefix, spec);
      if (policy.sharing === 'perLease') {
        throw new ModelProviderError(
          'CONFIG_INVALID',
          `"${spec}" cannot be kept warm: each lease has a resource of its own (sharing: 'perLease').`,
        );
      }
      const need = await this.#session.registry.devices(request);
      const devices = placeFor({ provider: prefix, policy, need }, occupants);
      if (devices === undefined) throw tooMany(requests, prefix, policy.maxLive, need?.pool);
      occupants.push({ devices, policy });
    }
  }

  /** Ends the resource if its weights, engine or options have changed since it was loaded. */
  async #endOutdated(request: ParsedRequest, identity: Json): Promise<void> {
    const warm = this.#find(request);
    if (warm === undefined || stableStringify(warm.identity) === stableStringify(identity)) return;
    if (this.#leases(warm).length > 0)
      throw inUse(`"${request.spec}" has changed since it was loaded`, this.#described([warm]));
    await this.#retire(warm);
  }

  async #retire(warm: Warm): Promise<void> {
    await this.#session.retire(warm.resourceId);
    this.#warm.delete(keyOf(warm.request));
  }

  #require(request: ParsedRequest): Warm {
    // A resource whose stop has failed counts as warm: the stop is to be repeated.
    const warm = this.#warm.get(keyOf(request));
    if (warm !== undefined && !this.#history(warm.resourceId).isGone) return warm;
    const others = this.#ready().map((each) => `"${each.request.spec}"`);
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `"${request.spec}" is not warm: ${others.length === 0 ? 'nothing is' : `only ${others.join(', ')}`}.`,
    );
  }

  #find(wanted: ResourceRef): Warm | undefined {
    const warm = this.#warm.get(keyOf(wanted));
    return warm !== undefined && this.#history(warm.resourceId).isReady ? warm : undefined;
  }

  #ready(): Warm[] {
    return [...this.#warm.values()].filter(({ resourceId }) => this.#history(resourceId).isReady);
  }

  #canLend(warm: Warm): boolean {
    const { sharing } = this.#session.registry.get(warm.request.provider)?.constraints ?? {};
    return sharing === 'shared' || this.#leases(warm).length === 0;
  }

  #devicesOf({ resourceId }: Warm): readonly string[] {
    return this.#history(resourceId).devices;
  }

  /** The places that it takes. */
  #placesOf(warm: Warm): readonly string[] {
    return placesOf(warm.request.provider, this.#devicesOf(warm));
  }

  #maxLive({ request }: Warm): number {
    return this.#session.registry.get(request.provider)?.constraints.maxLive ?? Infinity;
  }

  #isInUse(): boolean {
    return this.#loading > 0 || this.#ready().some((warm) => this.#leases(warm).length > 0);
  }

  /** The holder of each of its leases. */
  #leases({ resourceId }: Warm): LeaseHolder[] {
    return [...this.#history(resourceId).holders.values()];
  }

  #described(warm: readonly Warm[]): string {
    return warm
      .map((each) => {
        const holders = new Set(this.#leases(each).map(describeHolder));
        return `"${each.request.spec}" is in use by ${[...holders].join(', ')}`;
      })
      .join('; ');
  }

  #history(resourceId: string): ResourceHistory {
    return this.#histories.of(resourceId);
  }
}

function keyOf({ provider, name, config }: ResourceRef): string {
  return resourceKey(provider, name, config);
}

function tooMany(
  requests: readonly ParsedRequest[],
  provider: string,
  maxLive: number,
  pool: readonly string[] | undefined,
): ModelProviderError {
  const wanted = new Set(requests.filter((request) => request.provider === provider).map(keyOf)).size;
  const where = pool === undefined ? '' : ` on each of ${pool.join(', ')}`;
  return new ModelProviderError(
    'CONFIG_INVALID',
    `${wanted} resources of "${provider}" cannot be warm at once: its maxLive is ${maxLive}${where}. Name fewer, or raise the provider's maxLive.`,
  );
}

function inUse(consequence: string, described: string): ModelProviderError {
  return new ModelProviderError(
    'WARM_RESOURCE_IN_USE',
    `${consequence}: the supervisor (pid ${process.pid}) keeps resources warm, and ${described}. Wait until that has ended, and try again.`,
  );
}
