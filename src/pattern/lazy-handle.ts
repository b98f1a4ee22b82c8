import { showUsersLine } from '../base/errors';
import { callSite } from '../base/stack';
import type { ResourceHandle } from './resource-handle';

/**
 * A resource that is set up at its first use, or never. The caller of `request()` owns it and tears it down.
 *
 * @example
 * const lazy = modelProviders.request('embedded:novice');
 * test('answers', async () => { await (await lazy.get()).client.generate('2 + 3'); });
 * afterAll(() => lazy.teardown());
 */
export class LazyHandle<Client = unknown, Connection = unknown> {
  readonly #setup: () => Promise<ResourceHandle<Client, Connection>>;
  #present: Promise<ResourceHandle<Client, Connection>> | undefined;
  /** Setups whose handles are being torn down, or could not be. */
  readonly #ending = new Set<Promise<ResourceHandle<Client, Connection>>>();
  #isSetUp = false;

  /** @internal Lazy handles come from `request()`. */
  constructor(setup: () => Promise<ResourceHandle<Client, Connection>>) {
    this.#setup = setup;
  }

  /** Whether a setup has succeeded and was not torn down since then. */
  get isSetUp(): boolean {
    return this.#isSetUp;
  }

  /**
   * The handle. Concurrent calls share one setup; after a failed setup the next call tries again.
   *
   * @throws ModelProviderError what `setup()` throws.
   */
  get(): Promise<ResourceHandle<Client, Connection>> {
    this.#present ??= this.#start();
    return this.#present;
  }

  /**
   * Tears the resource down if it was set up, a setup in flight included. Idempotent; after a failure it may
   * be repeated.
   *
   * @throws ModelProviderError `TEARDOWN_FAILED`.
   */
  async teardown(): Promise<void> {
    // From now on `get()` sets up anew: it must not give out a handle that is being closed.
    if (this.#present !== undefined) this.#ending.add(this.#present);
    this.#present = undefined;
    this.#isSetUp = false;
    await Promise.all([...this.#ending].map((setup) => this.#end(setup)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.teardown();
  }

  async #end(setup: Promise<ResourceHandle<Client, Connection>>): Promise<void> {
    const handle = await setup.catch(() => undefined);
    await handle?.teardown();
    this.#ending.delete(setup);
  }

  #start(): Promise<ResourceHandle<Client, Connection>> {
    const site = callSite();
    const setup = this.#setup().catch((error: unknown) => {
      showUsersLine(error, site());
      throw error;
    });
    setup.then(
      () => (this.#isSetUp ||= this.#present === setup),
      () => {
        if (this.#present === setup) this.#present = undefined;
      },
    );
    return setup;
  }
}
