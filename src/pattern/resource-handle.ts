import type { Json } from '../base/json';
import { localError, messageOf, ModelProviderError } from '../base/errors';
import type { SessionLease } from './session-client';
import type { ModelProvider } from './model-provider';

interface ActiveLease<Client> {
  readonly manager: ModelProvider<Client>;
  readonly lease: SessionLease;
  readonly client: Client;
  readonly controller: AbortController;
}

/**
 * A lease as its holder sees it. The caller of `setup()` owns the lease and tears it down, by hand or by
 * `await using`; `withClient` tears its own handles down.
 *
 * @example
 * await using handle = await modelProviders.setup('embedded:expert');
 * await handle.client.generate('2 + 3');
 */
export class ResourceHandle<Client = unknown> {
  readonly #onClosed: () => void;
  #active: ActiveLease<Client> | undefined;
  #closed = false;
  #closing: Promise<void> | undefined;

  /** @internal Handles come from `setup()` and `withClient()`. */
  constructor(onClosed: () => void = () => undefined) {
    this.#onClosed = onClosed;
  }

  /** Unique for each instance of a resource, such as `embedded:expert#1`; empty until its setup. */
  get resourceId(): string {
    return this.#active?.lease.resourceId ?? '';
  }

  /**
   * The provider that made the resource.
   *
   * @throws ModelProviderError `HANDLE_NOT_READY` before the handle is set up.
   */
  get manager(): ModelProvider<Client> {
    return this.#lease('manager').manager;
  }

  /** @internal What an evaluation's log records about the resource. */
  get facts(): SessionLease['facts'] {
    return this.#lease('facts').lease.facts;
  }

  /** @internal Whether `lease` is the signal of the lease that it holds, which its client was given. */
  isOf(lease: AbortSignal): boolean {
    return this.#active?.controller.signal === lease;
  }

  /** @internal How the resource is reached; undefined until its setup. */
  get connection(): Json | undefined {
    return this.#active?.lease.connection;
  }

  /** Whether the lease is held and its resource is alive. */
  get isActive(): boolean {
    return this.#active !== undefined && !this.#closed && !this.#active.controller.signal.aborted;
  }

  /**
   * The object with which the resource is used. The lease owns it: do not close it.
   *
   * @throws ModelProviderError `HANDLE_NOT_READY` outside tests and hooks, `HANDLE_CLOSED` after teardown,
   *   `RESOURCE_LOST` once the resource is lost.
   */
  get client(): Client {
    if (this.#closed) {
      throw new ModelProviderError(
        'HANDLE_CLOSED',
        `The lease of "${this.resourceId}" was torn down: set the resource up again to use it.`,
      );
    }
    const { client, controller } = this.#lease('client');
    if (controller.signal.aborted) throw localError(controller.signal.reason);
    return client;
  }

  /** @internal Called by each setup of this handle. */
  activate(active: ActiveLease<Client>): void {
    this.#active = active;
    this.#closed = false;
  }

  /**
   * Closes the client and releases the lease; resolves when all that follows from it is done. Idempotent, and
   * safe to call twice at once. A teardown that failed may be repeated.
   *
   * @throws ModelProviderError `TEARDOWN_FAILED`.
   */
  async teardown(): Promise<void> {
    this.#closing ??= this.#close().finally(() => (this.#closing = undefined));
    await this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.teardown();
  }

  #lease(property: string): ActiveLease<Client> {
    if (this.#active !== undefined) return this.#active;
    throw new ModelProviderError(
      'HANDLE_NOT_READY',
      `handle.${property} was read before the resource was set up: read it inside a test or hook, but not in beforeAll where each test has its own, and do not destructure the handle.`,
    );
  }

  async #close(): Promise<void> {
    if (this.#active === undefined) return;
    const { manager, lease, client, controller } = this.#active;
    const first = !this.#closed;
    this.#closed = true;
    const disposal = first ? await settle(async () => manager.disposeClient?.(client)) : undefined;
    controller.abort(
      new ModelProviderError(
        'HANDLE_CLOSED',
        `The lease of "${lease.resourceId}" was torn down while a call was under way.`,
      ),
    );
    const release = await settle(() => lease.release());
    if (release === undefined) this.#onClosed();
    if (disposal !== undefined) throw closeFailed(lease.resourceId, disposal.error, release);
    if (release !== undefined) throw localError(release.error);
  }
}

function closeFailed(
  resourceId: string,
  cause: unknown,
  release: { error: unknown } | undefined,
): ModelProviderError {
  const lines = [`The client of "${resourceId}" could not be closed: ${messageOf(cause)}`];
  if (release !== undefined)
    lines.push(`Its lease could not be given back either: ${messageOf(release.error)}`);
  return new ModelProviderError('TEARDOWN_FAILED', lines.join('\n'), {
    cause: release === undefined ? cause : new AggregateError([cause, release.error]),
    details: { resourceId },
  });
}

async function settle(step: () => Promise<unknown>): Promise<{ error: unknown } | undefined> {
  try {
    await step();
    return undefined;
  } catch (error) {
    return { error };
  }
}
