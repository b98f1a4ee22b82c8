import { localError, messageOf, ModelProviderError } from '../base/errors';
import type { SessionLease } from './session-client';
import type { ModelProvider } from './model-provider';
import { currentRuntime } from './runtime';
import type { TappedLease, TapTarget } from './tap';

interface ActiveLease<Client> {
  readonly leased: TappedLease;
  readonly manager: ModelProvider<Client>;
  readonly lease: SessionLease;
  readonly client: Client;
  readonly controller: AbortController;
}

interface HandleOptions {
  readonly onClosed?: () => void;
  /** Whether it is known, before it is leased, that it will be of a model. */
  readonly isModel?: boolean;
}

const handles = new Set<TapTarget>();

/** The handles of this realm that lease something now. */
export function activeHandles(): readonly TapTarget[] {
  return [...handles];
}

/**
 * A lease as its holder sees it. The caller of `setup()` owns the lease and tears it down, by hand or by
 * `await using`; `withClient` tears its own handles down.
 *
 * @example
 * await using handle = await modelProviders.setup('embedded:expert');
 * await handle.client.generate('2 + 3');
 */
export class ResourceHandle<Client = unknown, Connection = unknown> implements TapTarget {
  readonly #onClosed: () => void;
  readonly #isModel: boolean;
  #active: ActiveLease<Client> | undefined;
  #closed = false;
  #closing: Promise<void> | undefined;

  /** @internal Handles come from `setup()` and `withClient()`. */
  constructor({ onClosed = () => undefined, isModel = false }: HandleOptions = {}) {
    this.#onClosed = onClosed;
    this.#isModel = isModel;
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

  /** @internal What is leased now; undefined before the setup. */
  get lease(): TappedLease | undefined {
    return this.#closed ? undefined : this.#active?.leased;
  }

  /**
   * How an application under test reaches the resource: `{ baseURL, apiKey, model }` of a model, `{ url }` of a
   * database, what `createResource` returned of your own.
   *
   * The base URL of a model is an address of this run on 127.0.0.1, which passes everything below it on, adds the key
   * of the model, and sees the calls. It is known before the model is set up: an application may be made with it
   * while tests are collected. The key is that of the address alone. Outside Jest it is the model's own connection.
   *
   * @throws ModelProviderError `HANDLE_NOT_READY` before the setup of what is no model, and for `model` before that of
   *   a model.
   * @example
   * withClient(['openai:gpt-4o-mini'], (handle) => {
   *   const app = createApp(new OpenAI({ baseURL: handle.connection.baseURL, apiKey: handle.connection.apiKey }));
   * });
   */
  get connection(): Connection {
    const tap = currentRuntime().tap();
    if (this.#active === undefined && (!this.#isModel || tap === undefined)) this.#lease('connection');
    return (tap?.connectionTo(this) ?? this.#active?.lease.connection) as Connection;
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
    handles.add(this);
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
    const { manager, leased, lease, client, controller } = this.#active;
    const first = !this.#closed;
    this.#closed = true;
    handles.delete(this);
    const disposal = first ? await settle(async () => manager.disposeClient?.(client)) : undefined;
    controller.abort(
      new ModelProviderError(
        'HANDLE_CLOSED',
        `The lease of "${lease.resourceId}" was torn down while a call was under way.`,
      ),
    );
    const release = await settle(() => lease.release());
    if (release === undefined) this.#onClosed();
    if (leased.recordedAs !== undefined) currentRuntime().recordings()?.writeTests(leased.recordedAs);
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
