import { ModelProviderError } from '../pattern/errors';
import { stableStringify, type Json } from '../pattern/json';
import { parseRequest, resourceKey, type ParsedRequest } from '../pattern/resource-spec';
import { packageVersion } from '../pattern/version';
import { devicesOf } from '../session/devices-of';
import { identityOf } from '../session/identity';
import { placeFor, placesOf, type Occupant } from '../session/placement';
import type { Session } from '../session/session';
import type { IdentityRequest, LeaseGrant, SessionConnection } from '../session/session-connection';
import type {
  RoomRequest,
  SupervisorGreeting,
  SupervisorProject,
  SupervisorStatus,
  WarmDevices,
  WarmedUp,
  WarmOffer,
  WarmRequest,
} from '../session/supervisor-protocol';
import { TimeToLive } from './time-to-live';
import { historyOf, type ResourceHistory } from './warm-status';

interface Warm {
  readonly request: ParsedRequest;
  readonly resourceId: string;
  readonly identity: Json;
}

/** Keeps resources of one session warm, lends them to runs, and ends when nobody has used them for a while. */
export class Supervisor {
  readonly #session: Session;
  readonly #project: SupervisorProject;
  readonly #exit: () => void;
  readonly #life: TimeToLive;
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
    session.atEnd(() => this.#life.stop());
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
        pids,
        holders: [...holders.values()],
      };
    });
    const endsInMs = this.#isInUse() ? null : this.#life.remainingMs;
    return { ...this.greeting, ttlMs: this.#life.ttlMs, endsInMs, resources };
  }

  /**
   * Loads what is not warm yet, on behalf of `connection`, whose end gives a start up.
   *
   * @throws ModelProviderError what the same setup in a run would throw, `CONFIG_INVALID`, `WARM_RESOURCE_IN_USE`.
   */
  async up(
    { requests, ttlMs }: WarmRequest,
    connection: SessionConnection,
    requester: string,
  ): Promise<WarmedUp> {
    const parsed = this.#parse(requests);
    this.#loading += 1;
    const leases: string[] = [];
    const loaded: string[] = [];
    try {
      await this.#requirePlaces(parsed);
      for (const request of parsed) {
        const identity = await identityOf(this.#session.registry, request);
        await this.#endOutdated(request, identity);
        const before = this.#find(request)?.resourceId;
        const grant = await connection.lease({ ...request, holding: leases, requester });
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
      await Promise.allSettled(leases.map((leaseId) => connection.release(leaseId)));
      this.touch();
    }
    return { status: this.status, loaded };
  }

  offer(wanted: IdentityRequest): WarmOffer | null {
    const warm = this.#find(wanted);
    if (warm === undefined) return null;
    return { resourceId: warm.resourceId, identity: warm.identity, devices: this.#devicesOf(warm) };
  }

  /** Where the wanted resource is warm, and where others are. */
  devices(wanted: IdentityRequest): WarmDevices {
    const warm = this.#find(wanted);
    const others = this.#ready().filter((other) => other !== warm);
    return {
      own: warm === undefined ? [] : this.#devicesOf(warm),
      others: others.flatMap((other) => this.#devicesOf(other)),
    };
  }

  /** Never starts anything: what has gone since it was offered is not lent. */
  async borrow(
    resourceId: string,
    connection: SessionConnection,
    requester: string,
  ): Promise<LeaseGrant | null> {
    const warm = this.#ready().find((each) => each.resourceId === resourceId);
    if (warm === undefined || !this.#canLend(warm)) return null;
    return connection.lease({ ...warm.request, holding: [], requester });
  }

  /**
   * Ends unused resources until one more fits beside the rest, on each of the devices that it would take.
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
      const unused = live.filter((warm) => this.#holders(warm).length === 0).slice(0, tooMany);
      if (unused.length < tooMany) throw inUse(`"${spec}" has no place`, this.#described(live));
      for (const warm of unused) ending.add(warm);
    }
    for (const warm of ending) await this.#retire(warm);
    this.touch();
    return [...ending].map(({ request }) => request.spec);
  }

  /**
   * Ends the named resources, or with none named all and the session; this process is then for the caller to end.
   *
   * @returns their specs.
   * @throws ModelProviderError `CONFIG_INVALID` if one is not warm, `WARM_RESOURCE_IN_USE`, `TEARDOWN_FAILED`.
   */
  async down(requests: readonly Json[]): Promise<string[]> {
    if (requests.length === 0) return this.#endAll();
    const chosen = this.#parse(requests).map((each) => this.#require(each));
    const busy = chosen.filter((warm) => this.#holders(warm).length > 0);
    if (busy.length > 0) throw inUse('Nothing was ended', this.#described(busy));
    for (const warm of chosen) await this.#retire(warm);
    this.touch();
    return chosen.map(({ request }) => request.spec);
  }

  /** To be called after every use: the time to live counts anew. */
  touch(): void {
    if (!this.#session.isClosing) this.#life.restart();
  }

  /** Ends this process if nothing is warm, nor being loaded. */
  endIfEmpty(): void {
    if (this.#loading === 0 && this.#ready().length === 0) this.#end();
  }

  #end(): void {
    void this.#session.close().finally(this.#exit);
  }

  async #endAll(): Promise<string[]> {
    const ready = this.#ready();
    // What a warm resource leases ends with it.
    const busy = ready.filter((warm) => this.#holders(warm).some((holder) => !isResource(holder)));
    if (busy.length > 0) throw inUse('Nothing was ended', this.#described(busy));
    const { failures, leftBehind } = await this.#session.close();
    const problems = [...failures.map(({ message }) => message), ...leftBehind];
    if (problems.length > 0) throw new ModelProviderError('TEARDOWN_FAILED', problems.join('\n'));
    return ready.map(({ request }) => request.spec);
  }

  #parse(requests: readonly Json[]): ParsedRequest[] {
    return requests.map((request) => parseRequest(request, this.#session.registry.names));
  }

  /** Whether all that is asked for has room at once. */
  async #requirePlaces(requests: readonly ParsedRequest[]): Promise<void> {
    const occupants: Occupant[] = [];
    for (const request of new Map(requests.map((each) => [keyOf(each), each])).values()) {
      const { spec, provider: prefix } = request;
      const provider = this.#session.registry.require(prefix, spec);
      const { constraints: policy } = provider;
      if (policy.sharing === 'perLease') {
        throw new ModelProviderError(
          'CONFIG_INVALID',
          `"${spec}" cannot be kept warm: each lease has a resource of its own (sharing: 'perLease').`,
        );
      }
      const need = await devicesOf(provider, request);
      const devices = placeFor({ provider: prefix, policy, need }, occupants);
      if (devices === undefined) throw tooMany(requests, prefix, policy.maxLive, need?.pool);
      occupants.push({ devices, policy });
    }
  }

  /** What was started from other weights, or by another engine, is not what is asked for. */
  async #endOutdated(request: ParsedRequest, identity: Json): Promise<void> {
    const warm = this.#find(request);
    if (warm === undefined || stableStringify(warm.identity) === stableStringify(identity)) return;
    if (this.#holders(warm).length > 0)
      throw inUse(`"${request.spec}" has changed since it was loaded`, this.#described([warm]));
    await this.#retire(warm);
  }

  async #retire(warm: Warm): Promise<void> {
    await this.#session.retire(warm.resourceId);
    this.#warm.delete(keyOf(warm.request));
  }

  #require(request: ParsedRequest): Warm {
    // Also one whose stop has failed: it is to be tried again.
    const warm = this.#warm.get(keyOf(request));
    if (warm !== undefined && !this.#history(warm.resourceId).isGone) return warm;
    const others = this.#ready().map((each) => `"${each.request.spec}"`);
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `"${request.spec}" is not warm: ${others.length === 0 ? 'nothing is' : `only ${others.join(', ')}`}.`,
    );
  }

  #find(wanted: IdentityRequest): Warm | undefined {
    const warm = this.#warm.get(keyOf(wanted));
    return warm !== undefined && this.#history(warm.resourceId).isReady ? warm : undefined;
  }

  #ready(): Warm[] {
    return [...this.#warm.values()].filter(({ resourceId }) => this.#history(resourceId).isReady);
  }

  #canLend(warm: Warm): boolean {
    const { sharing } = this.#session.registry.get(warm.request.provider)?.constraints ?? {};
    return sharing === 'shared' || this.#holders(warm).length === 0;
  }

  #devicesOf({ resourceId }: Warm): readonly string[] {
    return this.#history(resourceId).devices;
  }

  /** Where it counts. */
  #placesOf(warm: Warm): readonly string[] {
    return placesOf(warm.request.provider, this.#devicesOf(warm));
  }

  #maxLive({ request }: Warm): number {
    return this.#session.registry.get(request.provider)?.constraints.maxLive ?? Infinity;
  }

  #isInUse(): boolean {
    return this.#loading > 0 || this.#ready().some((warm) => this.#holders(warm).length > 0);
  }

  #holders({ resourceId }: Warm): string[] {
    return [...new Set(this.#history(resourceId).holders.values())];
  }

  #described(warm: readonly Warm[]): string {
    return warm
      .map((each) => `"${each.request.spec}" is in use by ${this.#holders(each).join(', ')}`)
      .join('; ');
  }

  #history(resourceId: string): ResourceHistory {
    return historyOf(this.#session.record.events, resourceId);
  }
}

function isResource(holder: string): boolean {
  return holder.startsWith('resource ');
}

function keyOf({ provider, name, config }: IdentityRequest): string {
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
