import type { DeviceNeed } from '../../pattern/device-need';
import type { ProviderRegistry } from '../../pattern/registry';
import { resourceKey, type ResourceRef } from '../../pattern/resource-spec';
import type { Scheduler } from '../scheduler/scheduler';

/** What reservations need of their session. */
interface ReservationPorts {
  readonly registry: ProviderRegistry;
  readonly scheduler: Scheduler;
  /** The devices that a resource takes for itself, the best ones first. */
  needOf(ref: ResourceRef): Promise<DeviceNeed | undefined>;
}

/** Where test files stand in the queue before they ask for anything. */
export class FileReservations {
  readonly #session: ReservationPorts;
  readonly #asking = new Set<Promise<void>>();

  constructor(session: ReservationPorts) {
    this.#session = session;
  }

  /** A file begins that is going to need a resource: files that begin later do not get in its way. */
  async begin(file: string, ref: ResourceRef): Promise<void> {
    const { registry, scheduler } = this.#session;
    const { provider: prefix, name, config } = ref;
    const provider = registry.get(prefix);
    // With a resource for each lease there is none to reserve.
    if (provider === undefined || provider.constraints.sharing === 'perLease') return;
    const key = resourceKey(prefix, name, config);
    // Before anything is awaited, so that the order is that of the files.
    scheduler.reserve({ file, key, provider: prefix, policy: provider.constraints });
    if (provider.devices === undefined) return;
    // An error is reported by the request for the resource.
    const asking = this.#session.needOf(ref).then(
      (need) => scheduler.reservationNeeds(file, need),
      () => undefined,
    );
    this.#asking.add(asking);
    await asking;
    this.#asking.delete(asking);
  }

  /**
   * Resolves once it is known what the files need that have begun: a request for devices must not come before
   * that.
   */
  async known(): Promise<void> {
    await Promise.all(this.#asking);
  }

  end(file: string): void {
    this.#session.scheduler.unreserve(file);
  }
}
