import type { Json } from '../../base/json';
import type { DeviceNeed } from '../../pattern/device-need';
import type { ResourceRef } from '../../pattern/resource-spec';

/** A resource that a session is about to make, unless the same one is warm. */
export interface WantedResource {
  readonly spec: string;
  readonly provider: string;
  readonly name: string;
  readonly config: Json | undefined;
  readonly maxLive: number;
  /** The devices that the scheduler gave it; empty if its provider names none. */
  readonly devices: readonly string[];
  /** All devices that it may have; undefined if its provider names none. */
  readonly pool: readonly string[] | undefined;
  /**
   * How many resources the session has made on each of these devices or, without devices, of that provider.
   */
  readonly own: readonly number[];
  /** What its answers depend on, by this session's own provider. */
  readonly identity: () => Promise<Json>;
  /** Called when the warm resource dies while it is borrowed. */
  lost(reason: string, logTail: string[]): void;
}

/** A warm resource, leased until it is given back. */
export interface BorrowedResource {
  /** The id of the process that keeps it warm. */
  readonly from: number;
  readonly connection: Json;
  /** The devices that it is on. */
  readonly devices: readonly string[];
  readonly command: string | null;
  giveBack(): Promise<void>;
}

/** Where a session looks before it makes a resource. */
export interface WarmSource {
  /**
   * Puts the devices of a need into another order: those on which the resource is warm come first, those on
   * which other resources are warm come last.
   */
  prefer(need: DeviceNeed, wanted: ResourceRef): Promise<DeviceNeed>;
  /**
   * Leases the same resource, if it is warm. Otherwise it makes room for one that the session makes, and
   * gives undefined.
   *
   * @throws ModelProviderError `WARM_RESOURCE_IN_USE` if there is no room, because another run uses the warm
   *   resources. `TEARDOWN_FAILED` if one of them cannot be ended.
   */
  borrow(wanted: WantedResource): Promise<BorrowedResource | undefined>;
  /** Ends the connection, and with it all leases of warm resources. */
  close(): void;
}
