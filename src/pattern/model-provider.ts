import type { ProviderConstraints } from './constraints';
import type { DeviceNeed } from './device-need';
import { ModelProviderError } from './errors';
import type { Json } from './json';
import { LazyHandle } from './lazy-handle';
import type { LeaseScope } from './lease-scope';
import { currentRealm } from './realm';
import type { ClientContext, ResourceContext } from './resource-context';
import { brand } from './provider-defect';
import { ResourceHandle } from './resource-handle';
import { leaseInto } from './setup';

/** A resource as the session half made it. */
export interface Resource<Connection extends Json = Json> {
  readonly resourceId: string;
  readonly name: string;
  readonly connection: Connection;
}

/** Options of one setup. */
export interface SetupOptions {
  /** Gives the setup up; it then rejects with `SETUP_ABORTED`. */
  readonly signal?: AbortSignal;
}

/**
 * Knows one kind of resource: how to make it, how to end it, and how to talk to it.
 *
 * A provider is one class with two halves. The *session half* (`createResource`, `destroyResource`) runs once per resource in
 * the process that owns the session; the *spec half* (`createClient`, `disposeClient`) runs in the realm of every spec that
 * leases it. The connection between them is JSON. `setup`, `request`, `teardown` and `teardownAll` are the same for every
 * provider and must not be overridden: `setup()` is the only way to get a resource.
 *
 * @example
 * class GreeterProvider extends ModelProvider<Greeter, { greeting: string }> {
 *   readonly constraints = { maxLive: 1, sharing: 'shared', retain: 'lease', startTimeoutMs: 5000, stopTimeoutMs: 5000 } as const;
 *   async createResource(name: string) { return { greeting: `Hello, ${name}` }; }
 *   createClient({ greeting }: { greeting: string }) { return { greet: () => greeting }; }
 * }
 */
export abstract class ModelProvider<
  Client = unknown,
  Connection extends Json = Json,
  Config extends Json = Json,
> {
  /** The limits of this kind of resource, enforced by the session over all workers. */
  abstract readonly constraints: ProviderConstraints;

  /**
   * Whether its resources are models. `false` for what models work with, such as a database: an evaluation is then of the model
   * around it, and `EVALS_MODELS` leaves its blocks alone.
   */
  readonly isModel: boolean = true;

  /**
   * Session half. Makes the resource and returns the JSON with which any process can reach it.
   * Must honour `context.signal`. What it made through `context` is undone by the session if it throws.
   */
  abstract createResource(
    name: string,
    config: Config | undefined,
    context: ResourceContext,
  ): Promise<Connection>;

  /**
   * Session half. The devices that a resource takes for itself, GPUs for example. `maxLive` then counts on each device alone, and
   * over all providers that name the same one. Without this method, or where it gives undefined, `maxLive` counts all resources of
   * the provider.
   *
   * @throws what `createResource` would throw for such options.
   * @example
   * devices() { return { pool: ['gpu:0', 'gpu:1'], count: 1 }; }
   */
  devices?(
    name: string,
    config: Config | undefined,
  ): DeviceNeed | undefined | Promise<DeviceNeed | undefined>;

  /**
   * Session half. What the answers of a resource depend on, known without starting it: a hash of its weights, the version of its
   * engine. When an evaluation is continued, samples that were answered under another identity run again.
   *
   * @throws for a resource that cannot be, what `createResource` would throw.
   * @example
   * async identity(name: string) { return { weights: await sha256(name), engine: '1.2.3' }; }
   */
  identity?(name: string, config: Config | undefined): Json | Promise<Json>;

  /**
   * Session half. Ends what `context` does not end by itself (it stops launched processes and runs deferred steps anyway).
   * Called at most once at a time; called again if it threw.
   */
  async destroyResource(_resource: Resource<Connection>, _context: ResourceContext): Promise<void> {}

  /**
   * Spec half. Makes the object that specs use. The lease owns it, and `disposeClient` closes it. Calls under way must reject when
   * `context.signal` aborts. If it throws, the lease is given back and the setup fails with `CLIENT_FAILED`.
   */
  abstract createClient(connection: Connection, context: ClientContext): Client | Promise<Client>;

  /**
   * Spec half. For how long `withClient` and `withClients` lease a resource where their option `scope` does not say; `block` without
   * this method. Leases by hand last until their teardown, whatever it gives.
   *
   * @example
   * defaultScope(_name: string, config?: { fresh?: boolean }) { return config?.fresh ? 'test' : 'block'; }
   */
  defaultScope?(name: string, config: Config | undefined): LeaseScope;

  /** Spec half. Closes the client when its lease ends. */
  disposeClient?(client: Client): void | Promise<void>;

  readonly #open = new Set<ResourceHandle<Client>>();

  /**
   * Leases the resource called `name`, starting it if need be, and returns a handle that the caller must tear down.
   *
   * @throws ModelProviderError `SETUP_FAILED`, `SETUP_TIMEOUT`, `SETUP_STALLED`, `DEADLOCK`, `SESSION_MISSING` and the codes of
   *   the provider itself; a failed setup leaves nothing behind and may be tried again.
   * @example
   * const handle = await provider.setup('expert');
   * try { await handle.client.generate('2 + 3'); } finally { await handle.teardown(); }
   */
  async setup(name: string, config?: Config, options: SetupOptions = {}): Promise<ResourceHandle<Client>> {
    currentRealm().host().enterOwner();
    const handle = new ResourceHandle<Client>(() => this.#open.delete(handle));
    await leaseInto(handle, this, { name, config, signal: options.signal });
    this.#open.add(handle);
    return handle;
  }

  /** A handle that sets the resource up at its first {@link LazyHandle.get}, or never. The caller tears it down. */
  request(name: string, config?: Config): LazyHandle<Client> {
    return new LazyHandle(() => this.setup(name, config));
  }

  /**
   * Releases the caller's own leases on one resource; does nothing if it holds none.
   *
   * @throws ModelProviderError `TEARDOWN_FAILED`.
   */
  async teardown(resourceId: string): Promise<void> {
    await teardownEach([...this.#open].filter((handle) => handle.resourceId === resourceId));
  }

  /**
   * Releases all of the caller's own leases of this provider. One failure never stops the others.
   *
   * @throws ModelProviderError `TEARDOWN_FAILED` with all failures.
   */
  async teardownAll(): Promise<void> {
    await teardownEach([...this.#open]);
  }

  static {
    Object.defineProperty(this.prototype, brand, { value: true });
  }
}

/**
 * Tears every handle down, also when some fail.
 *
 * @throws ModelProviderError `TEARDOWN_FAILED` with all failures, if there was any.
 */
export async function teardownEach(handles: readonly { teardown(): Promise<void> }[]): Promise<void> {
  const results = await Promise.allSettled(handles.map((handle) => handle.teardown()));
  const reasons: unknown[] = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  if (reasons.length === 0) return;
  if (reasons.length === 1) throw reasons[0];
  throw new ModelProviderError(
    'TEARDOWN_FAILED',
    `${reasons.length} of ${handles.length} teardowns failed:\n${reasons.map((reason) => `- ${(reason as Error).message}`).join('\n')}`,
    { cause: new AggregateError(reasons) },
  );
}
