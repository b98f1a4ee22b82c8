import type { ProviderConstraints } from './constraints';
import type { DeviceNeed } from './device-need';
import type { Json } from '../base/json';
import { LazyHandle } from './lazy-handle';
import type { LeaseScope } from './lease-scope';
import { currentRuntime } from './runtime';
import type { ClientContext, ResourceContext } from './resource-context';
import { brand } from './provider-defect';
import { ResourceHandle } from './resource-handle';
import { leaseInto } from './setup';
import { teardownEach } from './teardown-each';

/** A resource that the session half has made. */
export interface Resource<Connection extends Json = Json> {
  readonly resourceId: string;
  readonly name: string;
  readonly connection: Connection;
}

/** Options of one setup. */
export interface SetupOptions {
  /** Aborts the setup, which then rejects with `SETUP_ABORTED`. */
  readonly signal?: AbortSignal;
}

/**
 * Knows one kind of resource: how to make it, how to end it, and how to talk to it.
 *
 * A provider is one class with two halves. The *session half* (`createResource`, `destroyResource`) runs once
 * per resource in the process that owns the session. The *spec half* (`createClient`, `disposeClient`) runs
 * in the realm of every spec that leases the resource. The connection between them is JSON. `setup`,
 * `request`, `teardown` and `teardownAll` are the same for every provider and must not be overridden:
 * `setup()` is the only way to get a resource.
 *
 * @example
 * class GreeterProvider extends ModelProvider<Greeter, { greeting: string }> {
 *   readonly constraints = {
 *     maxLive: 1, sharing: 'shared', retain: 'lease', startTimeoutMs: 5000, stopTimeoutMs: 5000,
 *   } as const;
 *   async createResource(name: string) { return { greeting: `Hello, ${name}` }; }
 *   createClient({ greeting }: { greeting: string }) { return { greet: () => greeting }; }
 * }
 */
export abstract class ModelProvider<
  Client = unknown,
  Connection extends Json = Json,
  Config extends Json = Json,
> {
  /** The limits of this kind of resource. The session enforces them over all workers. */
  abstract readonly constraints: ProviderConstraints;

  /**
   * Whether its resources are models. `false` for what models work with, such as a database: an evaluation
   * inside its block then evaluates the model of the block around it, and `EVALS_MODELS` does not skip its
   * blocks.
   */
  readonly isModel: boolean = true;

  /**
   * Whether its calls can be recorded and replayed: all talk with a resource is HTTP below `baseURL` of its connection.
   * Where calls are recorded, `createClient` gets a connection whose `baseURL` is an address of this run.
   */
  readonly replayable: boolean = false;

  /**
   * Session half. Makes the resource and returns the JSON with which any process can reach it. It must honour
   * `context.signal`. If it throws, the session undoes what it made through `context`.
   */
  abstract createResource(
    name: string,
    config: Config | undefined,
    context: ResourceContext,
  ): Promise<Connection>;

  /**
   * Session half. The devices that a resource needs for itself, GPUs for example. `maxLive` then counts the
   * resources on each device, over all providers that name that device. Without this method, or if it returns
   * undefined, `maxLive` counts all resources of the provider.
   *
   * @throws what `createResource` would throw for these options.
   * @example
   * devices() { return { pool: ['gpu:0', 'gpu:1'], count: 1 }; }
   */
  devices?(
    name: string,
    config: Config | undefined,
  ): DeviceNeed | undefined | Promise<DeviceNeed | undefined>;

  /**
   * Session half. What the answers of a resource depend on, found without starting it: a hash of its weights,
   * the version of its engine. When an evaluation is continued, samples that were answered under another
   * identity run again.
   *
   * @throws what `createResource` would throw for a resource that cannot be made.
   * @example
   * async identity(name: string) { return { weights: await sha256(name), engine: '1.2.3' }; }
   */
  identity?(name: string, config: Config | undefined): Json | Promise<Json>;

  /**
   * Session half. Ends what the session does not end by itself: launched processes are stopped and deferred
   * steps are run anyway. Never called twice at once; called again after it threw.
   */
  async destroyResource(_resource: Resource<Connection>, _context: ResourceContext): Promise<void> {}

  /**
   * Spec half. Makes the object that specs use, at once or by a promise, which the setup awaits. The lease owns it, and `disposeClient` closes it. Calls in
   * flight must reject when `context.signal` aborts. If it throws, the lease is given back and the setup
   * fails with `CLIENT_FAILED`.
   */
  abstract createClient(connection: Connection, context: ClientContext): Client | Promise<Client>;

  /**
   * Spec half. For how long `withClient` and `withClients` lease a resource when they have no option `scope`.
   * `block` without this method. It has no effect on leases by `setup()`, which last until their teardown.
   *
   * @example
   * defaultScope(_name: string, config?: { fresh?: boolean }) { return config?.fresh ? 'test' : 'block'; }
   */
  defaultScope?(name: string, config: Config | undefined): LeaseScope;

  /** Spec half. Closes the client when its lease ends. If it throws, the teardown is `TEARDOWN_FAILED`. */
  disposeClient?(client: Client): void | Promise<void>;

  readonly #open = new Set<ResourceHandle<Client, Connection>>();

  /**
   * Leases the resource called `name`, starting it if need be, and returns a handle that the caller must tear
   * down.
   *
   * @throws ModelProviderError `SETUP_FAILED`, `SETUP_TIMEOUT`, `SETUP_STALLED`, `DEADLOCK`,
   *   `SESSION_MISSING` and the codes of the provider itself. A failed setup leaves nothing behind and may be
   *   tried again.
   * @example
   * const handle = await provider.setup('expert');
   * try { await handle.client.generate('2 + 3'); } finally { await handle.teardown(); }
   */
  async setup(
    name: string,
    config?: Config,
    options: SetupOptions = {},
  ): Promise<ResourceHandle<Client, Connection>> {
    currentRuntime().session().enterOwner();
    const handle = new ResourceHandle<Client, Connection>({ onClosed: () => this.#open.delete(handle) });
    await leaseInto(handle, this, { name, config, signal: options.signal });
    this.#open.add(handle);
    return handle;
  }

  /** A handle that sets the resource up at its first use, or never. The caller owns it and tears it down. */
  request(name: string, config?: Config): LazyHandle<Client, Connection> {
    return new LazyHandle(() => this.setup(name, config));
  }

  /**
   * Releases the caller's own leases on one resource; does nothing if there are none.
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
