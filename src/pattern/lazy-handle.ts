import type { ResourceHandle } from './resource-handle';

/**
 * A resource that is set up at its first use, or never. Whoever asked for it tears it down.
 *
 * @example
 * const lazy = modelProviders.request('embedded:novice');
 * test('answers', async () => { await (await lazy.get()).client.generate('2 + 3'); });
 * afterAll(() => lazy.teardown());
 */
export class LazyHandle<Client = unknown> {
  readonly #setup: () => Promise<ResourceHandle<Client>>;
  #handle: Promise<ResourceHandle<Client>> | undefined;
  #isSetUp = false;

  /** @internal Lazy handles come from `request()`. */
  constructor(setup: () => Promise<ResourceHandle<Client>>) {
    this.#setup = setup;
  }

  /** Whether a setup has succeeded and was not torn down since. */
  get isSetUp(): boolean {
    return this.#isSetUp;
  }

  /**
   * The handle; calls at the same time share one setup. A setup that failed is tried again by the next call.
   *
   * @throws ModelProviderError what `setup()` throws.
   */
  get(): Promise<ResourceHandle<Client>> {
    this.#handle ??= this.#start();
    return this.#handle;
  }

  /**
   * Tears the resource down if it was ever set up, a setup that is under way included. Idempotent; may be repeated.
   *
   * @throws ModelProviderError `TEARDOWN_FAILED`.
   */
  async teardown(): Promise<void> {
    const pending = this.#handle;
    const handle = await pending?.catch(() => undefined);
    if (handle === undefined) return;
    await handle.teardown();
    if (this.#handle !== pending) return;
    this.#handle = undefined;
    this.#isSetUp = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.teardown();
  }

  async #start(): Promise<ResourceHandle<Client>> {
    try {
      const handle = await this.#setup();
      this.#isSetUp = true;
      return handle;
    } catch (error) {
      this.#handle = undefined;
      throw error;
    }
  }
}
