import type { ProviderRegistry } from '../pattern/registry';
import { resourceKey, type ParsedRequest } from '../pattern/resource-spec';
import { devicesOf } from './devices-of';
import type { Scheduler } from './scheduler';
import type { WarmSource } from './warm-resources';

/** The places that test files take in the queue before they ask for anything. */
export class FileReservations {
  readonly #registry: ProviderRegistry;
  readonly #scheduler: Scheduler;
  readonly #warm: WarmSource | undefined;
  readonly #asking = new Set<Promise<void>>();

  constructor(registry: ProviderRegistry, scheduler: Scheduler, warm?: WarmSource) {
    this.#warm = warm;
    this.#registry = registry;
    this.#scheduler = scheduler;
  }

  /** A file begins that is going to need a resource: files that begin later do not get in its way. */
  async begin(file: string, request: Omit<ParsedRequest, 'spec'>): Promise<void> {
    const { provider: prefix, name, config } = request;
    const provider = this.#registry.get(prefix);
    // There is nothing to keep for whoever gets a resource of its own.
    if (provider === undefined || provider.constraints.sharing === 'perLease') return;
    const key = resourceKey(prefix, name, config);
    // The place in the queue is taken at once, in the order of the files.
    this.#scheduler.reserve({ file, key, provider: prefix, policy: provider.constraints });
    if (provider.devices === undefined) return;
    // Whoever asks for a resource that cannot be is told so then.
    const asking = devicesOf(provider, request, this.#warm).then(
      (need) => this.#scheduler.reservationNeeds(file, need),
      () => undefined,
    );
    this.#asking.add(asking);
    await asking;
    this.#asking.delete(asking);
  }

  /** Resolves once it is known what the files need that have begun: a request for devices must not be sooner than that. */
  async known(): Promise<void> {
    await Promise.all(this.#asking);
  }

  end(file: string): void {
    this.#scheduler.unreserve(file);
  }
}
