import type { DeviceNeed } from '../../pattern/device-need';
import type { ResourceRef } from '../../pattern/resource-spec';
import { isModelProviderError, messageOf, type SerializedError } from '../../base/errors';
import { stableStringify } from '../../base/json';
import { packageVersion } from '../../base/version';
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
import type { WantedResource, BorrowedResource, WarmSource } from '../resources/warm-source';

export interface WarmSourceOptions {
  /** The hash of the session's provider module. */
  readonly moduleVersion: string | null;
  say(text: string): void;
}

/** The warm resources of this user's supervisor, which may come and go during the run. */
export class WarmResources implements WarmSource {
  readonly #options: WarmSourceOptions;
  readonly #borrowed = new Map<string, WantedResource>();
  readonly #said = new Set<string>();
  #link: Promise<SupervisorLink | undefined> | undefined;

  constructor(options: WarmSourceOptions) {
    this.#options = options;
  }

  async prefer(need: DeviceNeed, { provider, name, config }: ResourceRef): Promise<DeviceNeed> {
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
        // A resource that is lost, with its supervisor or without, must not be returned.
        if (this.#borrowed.delete(leaseId) && !link.isClosed) await link.ask(returnRequest, { leaseId });
      },
    };
  }

  /** What tells the warm resource from the wanted one; undefined if they are the same. */
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
    // Infinity is not JSON. Without a limit it is asked too: other resources on the devices may have one.
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
