import { leaseTogether, teardownInTurn } from './lease-together';
import type { LeasedResource } from './leased-resource';

/** Resources that are leased together, and given back together, as often as they are needed. */
export class LeaseGroup {
  readonly #resources: readonly LeasedResource[];
  readonly #asOwner: <T>(fn: () => Promise<T>) => Promise<T>;
  /** In the order of their setups. */
  #leased: readonly LeasedResource[];
  #setup: Promise<void> | undefined;
  #abort = new AbortController();

  /** @param asOwner runs its argument as code of whoever owns the leases. */
  constructor(resources: readonly LeasedResource[], asOwner: <T>(fn: () => Promise<T>) => Promise<T>) {
    this.#resources = resources;
    this.#leased = resources;
    this.#asOwner = asOwner;
  }

  /** Leases all of them, once until the teardown; all who need them share that setup and its failure. */
  ready(): Promise<void> {
    this.#setup ??= this.#asOwner(async () => {
      this.#abort = new AbortController();
      this.#leased = await leaseTogether(this.#resources, this.#abort.signal);
    });
    return this.#setup;
  }

  /** Sets up anew what is not, or no longer, there to be used. */
  async restart(): Promise<void> {
    this.#setup = this.#asOwner(async () => {
      for (const resource of this.#resources.filter(({ handle }) => !handle.isActive)) {
        await resource.handle.teardown();
        await resource.lease(this.#abort.signal);
      }
    });
    await this.#setup;
  }

  async teardown(): Promise<void> {
    // Jest goes on to the hooks after when one before fails or times out, so a setup that is still under way is given up first.
    this.#abort.abort();
    await this.#setup?.catch(() => undefined);
    await teardownInTurn(this.#leased);
    this.#setup = undefined;
  }
}
