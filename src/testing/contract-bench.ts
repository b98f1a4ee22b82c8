import { ModelProviderError } from '../base/errors';
import { sessionMissing } from '../pattern/blocks/session-missing';
import { privateClientKey, sessionVariable, type SessionClient } from '../pattern/session-client';
import type { Json } from '../base/json';
import type { ModelProvider } from '../pattern/model-provider';
import { installRuntime } from '../pattern/runtime';
import { defineProviders, ProviderRegistry, type AnyProvider, type ProviderMap } from '../pattern/registry';
import type { ResourceHandle } from '../pattern/resource-handle';
import { builtInProviders } from '../providers/built-in';
import type { SessionEvent } from '../session/events/events';
import type { PrivateClient } from '../session/private-client';

/** What the contract of a provider is tested with. */
export interface ContractOptions<Client, Connection extends Json, Config extends Json> {
  /** The name of a resource that can be set up. */
  readonly name: string;
  readonly config?: Config;
  /** A resource whose setup fails by itself. */
  readonly failing: { readonly name: string; readonly config?: Config };
  /**
   * Whether the resource that `connection` reaches is there. It must look at the resource itself, not ask the
   * provider. Leave it out for a provider that only attaches to what is there already, and so ends nothing.
   */
  isAlive?(connection: Connection): Promise<boolean> | boolean;
  /**
   * Counts the resources of this kind from outside. Finds those that a failed setup left without a
   * connection.
   */
  countAlive?(): Promise<number> | number;
  /** Uses a client once; throws if it does not work. */
  use(client: Client): unknown;
}

const prefix = 'contract';

/** One provider in a session of its own, observed from outside. */
export class ContractBench<Client, Connection extends Json, Config extends Json> {
  readonly provider: ModelProvider<Client, Connection, Config>;
  readonly options: ContractOptions<Client, Connection, Config>;
  readonly makeProvider: () => ModelProvider<Client, Connection, Config>;
  /** Connections as the session granted them. */
  readonly connections: Connection[] = [];
  #aliveBefore = 0;
  readonly #session: PrivateClient;
  readonly #restoreRuntime: () => void;

  private constructor(
    provider: ModelProvider<Client, Connection, Config>,
    makeProvider: () => ModelProvider<Client, Connection, Config>,
    options: ContractOptions<Client, Connection, Config>,
    session: PrivateClient,
  ) {
    this.provider = provider;
    this.makeProvider = makeProvider;
    this.options = options;
    this.#session = session;
    const registry = new ProviderRegistry(builtInProviders(), { [prefix]: provider });
    const client = this.#watch(session.client);
    this.#restoreRuntime = installRuntime({
      session: () => client,
      tap: () => undefined,
      recordings: () => undefined,
      registry: () => Promise.resolve(registry),
    });
  }

  /** Runs `check` on a fresh provider in a fresh session, and closes both. */
  static async run<Client, Connection extends Json, Config extends Json>(
    factory: () => ModelProvider<Client, Connection, Config>,
    options: ContractOptions<Client, Connection, Config>,
    check: (bench: ContractBench<Client, Connection, Config>) => Promise<void>,
  ): Promise<void> {
    const provider = factory();
    defineProviders({ [prefix]: provider });
    // With another retention a stop would come later than the teardown under test.
    Object.defineProperty(provider, 'constraints', { value: { ...provider.constraints, retain: 'lease' } });
    // Resources that it depends on belong to other providers and are not examined.
    const session = await openHost({ ...builtInProviders(), [prefix]: provider as AnyProvider });
    const bench = new ContractBench(provider, factory, options, session);
    try {
      bench.#aliveBefore = (await options.countAlive?.()) ?? 0;
      await check(bench);
    } finally {
      bench.#restoreRuntime();
      await session.close();
    }
  }

  /** The session's events about the provider's own resources. */
  get events(): readonly SessionEvent[] {
    return this.#session.events.filter((event) => {
      const name = 'resourceId' in event ? event.resourceId : event.spec;
      return name.startsWith(`${prefix}:`);
    });
  }

  setup(signal?: AbortSignal): Promise<ResourceHandle<Client>> {
    const { name, config } = this.options;
    return this.provider.setup(name, config, signal === undefined ? {} : { signal });
  }

  setupFailing(): Promise<ResourceHandle<Client>> {
    const { name, config } = this.options.failing;
    return this.provider.setup(name, config);
  }

  /** The connection that was granted last. */
  get lastConnection(): Connection {
    const connection = this.connections.at(-1);
    if (connection === undefined) throw broken('no connection was handed out');
    return connection;
  }

  async requireAlive(connection: Connection, isWanted: boolean, when: string): Promise<void> {
    if (((await this.options.isAlive?.(connection)) ?? isWanted) === isWanted) return;
    throw broken(`the resource is ${isWanted ? 'not there' : 'still there'} ${when}`);
  }

  count(type: SessionEvent['type']): number {
    return this.events.filter((event) => event.type === type).length;
  }

  /** Requires that every resource that was started has ended. */
  async requireNothingLeft(when: string): Promise<void> {
    const begun = this.events.flatMap((event) => (event.type === 'starting' ? [event.resourceId] : []));
    const ended = this.events.flatMap((event) => (event.type === 'stopped' ? [event.resourceId] : []));
    const left = begun.filter((id) => !ended.includes(id));
    if (left.length > 0) throw broken(`${left.join(', ')} ${left.length === 1 ? 'is' : 'are'} left ${when}`);
    const more = ((await this.options.countAlive?.()) ?? 0) - this.#aliveBefore;
    if (more > 0) throw broken(`${more} more of its resources than before are there ${when}`);
  }

  #watch(client: SessionClient): SessionClient {
    return Object.create(client, {
      lease: {
        value: async (request: Parameters<SessionClient['lease']>[0]) => {
          const lease = await client.lease(request);
          this.connections.push(lease.connection as Connection);
          return lease;
        },
      },
    }) as SessionClient;
  }
}

/** The error for a rule that the provider breaks. */
export function broken(what: string): ModelProviderError {
  return new ModelProviderError('CONTRACT_BROKEN', `The provider breaks its contract: ${what}.`);
}

function openHost(providers: ProviderMap): Promise<PrivateClient> {
  const open = (globalThis as { [privateClientKey]?: (providers: ProviderMap) => Promise<PrivateClient> })[
    privateClientKey
  ];
  if (open !== undefined) return open(providers);
  if (process.env[sessionVariable] !== undefined) throw sessionMissing();
  throw new ModelProviderError(
    'SESSION_MISSING',
    "describeProviderContract() needs this package's environment: use preset: 'jest-model-provider', or begin the file with /** @jest-environment jest-model-provider/environment */.",
  );
}
