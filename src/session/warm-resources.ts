import type { DeviceNeed } from '../pattern/device-need';
import { isModelProviderError, messageOf, type SerializedError } from '../pattern/errors';
import { stableStringify, type Json } from '../pattern/json';
import { packageVersion } from '../pattern/version';
import type { IdentityRequest } from './session-connection';
import { findSupervisor } from './supervisor-address';
import { runLabel, SupervisorLink } from './supervisor-link';
import {
  borrowRequest,
  devicesRequest,
  offerRequest,
  returnRequest,
  roomRequest,
  type WarmOffer,
} from './supervisor-protocol';

/** A resource that a session is about to make, unless somebody keeps the same one warm. */
export interface WantedResource {
  readonly spec: string;
  readonly provider: string;
  readonly name: string;
  readonly config: Json | undefined;
  readonly maxLive: number;
  /** The devices that were found for it; empty if its provider names none. */
  readonly devices: readonly string[];
  /** All that it may have; undefined if its provider names none. */
  readonly pool: readonly string[] | undefined;
  /** How many resources the session has made itself on each of these devices, or of that provider. */
  readonly own: readonly number[];
  /** What its answers depend on, by this session's own provider. */
  readonly identity: () => Promise<Json>;
  /** The warm resource died while it was borrowed. */
  lost(reason: string, logTail: string[]): void;
}

/** A warm resource, leased until it is given back. */
export interface BorrowedResource {
  /** The process that keeps it. */
  readonly from: number;
  readonly connection: Json;
  /** Those that it really has. */
  readonly devices: readonly string[];
  readonly command: string | null;
  giveBack(): Promise<void>;
}

/** Where a session looks before it makes a resource. */
export interface WarmSource {
  /** The same devices in another order: first those on which the resource is warm already, last those on which others are. */
  prefer(need: DeviceNeed, wanted: IdentityRequest): Promise<DeviceNeed>;
  /**
   * Leases the same resource from whoever keeps it warm; undefined if nobody does, and then there is room for one more.
   *
   * @throws ModelProviderError `WARM_RESOURCE_IN_USE` if there is no room, because another run uses what takes it.
   */
  borrow(wanted: WantedResource): Promise<BorrowedResource | undefined>;
  /** Gives everything back. */
  close(): void;
}

export interface WarmSourceOptions {
  /** The hash of the session's provider module. */
  readonly moduleVersion: string | null;
  say(text: string): void;
}

/** The warm resources of this user's supervisor, whenever there is one. */
export class WarmResources implements WarmSource {
  readonly #options: WarmSourceOptions;
  readonly #borrowed = new Map<string, WantedResource>();
  readonly #said = new Set<string>();
  #link: Promise<SupervisorLink | undefined> | undefined;

  constructor(options: WarmSourceOptions) {
    this.#options = options;
  }

  async prefer(need: DeviceNeed, { provider, name, config }: IdentityRequest): Promise<DeviceNeed> {
    const link = await this.#connected();
    // A supervisor that has ended meanwhile has nothing warm.
    const warm = await link?.ask(devicesRequest, { provider, name, config }).catch(() => undefined);
    if (warm === undefined) return need;
    const rank = (device: string): number =>
      warm.own.includes(device) ? 0 : warm.others.includes(device) ? 2 : 1;
    return { ...need, pool: need.pool.toSorted((a, b) => rank(a) - rank(b)) };
  }

  async borrow(wanted: WantedResource): Promise<BorrowedResource | undefined> {
    const link = await this.#connected();
    if (link === undefined) return undefined;
    try {
      const borrowed = await this.#lease(link, wanted);
      if (borrowed === undefined) await this.#makeRoom(link, wanted);
      return borrowed;
    } catch (error) {
      // A supervisor that has ended meanwhile has nothing warm.
      if (isModelProviderError(error, 'SESSION_CLOSED')) return undefined;
      throw error;
    }
  }

  close(): void {
    void this.#link?.then((link) => {
      link?.close();
    });
    this.#link = undefined;
  }

  async #lease(link: SupervisorLink, wanted: WantedResource): Promise<BorrowedResource | undefined> {
    const { spec, provider, name, config } = wanted;
    const offer = await link.ask(offerRequest, { provider, name, config });
    if (offer === null) return undefined;
    const different = await this.#differenceTo(link, offer, wanted);
    if (different !== undefined) {
      this.#say(`warm "${spec}" is not used: ${different}`);
      return undefined;
    }
    const grant = await link.ask(borrowRequest, { resourceId: offer.resourceId });
    if (grant === null) return undefined;
    const { leaseId, connection, facts } = grant;
    this.#borrowed.set(leaseId, wanted);
    return {
      from: link.greeting.pid,
      connection,
      devices: offer.devices,
      command: facts.command,
      giveBack: async () => {
        // What has died, or whose supervisor has, is nobody's to give back.
        if (this.#borrowed.delete(leaseId) && !link.isClosed) await link.ask(returnRequest, { leaseId });
      },
    };
  }

  /** In which way the warm resource is another one; undefined if it is the same. */
  async #differenceTo(
    { greeting }: SupervisorLink,
    warm: WarmOffer,
    wanted: WantedResource,
  ): Promise<string | undefined> {
    const { directory, moduleVersion } = greeting.project;
    if (moduleVersion !== this.#options.moduleVersion)
      return 'the provider module is another one, or has changed';
    const outside = warm.devices.find((device) => wanted.pool?.includes(device) === false);
    if (outside !== undefined) return `it is on ${outside}, which is not for this run`;
    const own = await wanted.identity();
    if (stableStringify(own) !== stableStringify(warm.identity))
      return 'its weights, engine or options have changed';
    // A provider that cannot say what its answers depend on may read names as paths.
    if (own === null && directory !== process.cwd()) return `it belongs to ${directory}`;
    return undefined;
  }

  async #makeRoom(link: SupervisorLink, wanted: WantedResource): Promise<void> {
    const { spec, provider, maxLive, devices, own } = wanted;
    // Infinity is not JSON; others on the same devices may have a limit.
    const limit = Math.min(maxLive, Number.MAX_SAFE_INTEGER);
    for (const ended of await link.ask(roomRequest, { spec, provider, maxLive: limit, devices, own }))
      this.#say(`ended warm "${ended}": "${spec}" needs its place`);
  }

  async #connected(): Promise<SupervisorLink | undefined> {
    const known = this.#link;
    const link = await known;
    // Another request may have connected meanwhile.
    if ((link === undefined || link.isClosed) && this.#link === known) this.#link = this.#connect();
    return this.#link;
  }

  async #connect(): Promise<SupervisorLink | undefined> {
    const address = findSupervisor();
    if (address === undefined) return undefined;
    const { pid } = address.process;
    try {
      const link = await SupervisorLink.open(address, {
        label: runLabel(),
        onLost: (leaseId, error) => this.#lost(leaseId, error),
        onEnded: () => this.#ended(pid),
      });
      link.unref();
      if (link.greeting.version === packageVersion) return link;
      link.close();
      this.#say(
        `the supervisor (pid ${pid}) runs version ${link.greeting.version}, so its warm resources are not used`,
      );
    } catch (error) {
      this.#say(messageOf(error));
    }
    return undefined;
  }

  #lost(leaseId: string, { message, details }: SerializedError): void {
    const wanted = this.#borrowed.get(leaseId);
    this.#borrowed.delete(leaseId);
    const { reason = message, logTail = [] } = details as { reason?: string; logTail?: string[] };
    wanted?.lost(reason, logTail);
  }

  #ended(pid: number): void {
    const borrowed = [...this.#borrowed.values()];
    this.#borrowed.clear();
    for (const wanted of borrowed)
      wanted.lost(`the supervisor (pid ${pid}), which kept it warm, has ended`, []);
  }

  #say(text: string): void {
    if (this.#said.has(text)) return;
    this.#said.add(text);
    this.#options.say(`jest-model-provider: ${text}`);
  }
}
