import { ModelProviderError } from '../pattern/errors';
import { privateHostKey, type Host } from '../pattern/host';
import type { Json } from '../pattern/json';
import type { ModelProvider } from '../pattern/model-provider';
import { installRealm } from '../pattern/realm';
import { defineProviders, ProviderRegistry, type AnyProvider, type ProviderMap } from '../pattern/registry';
import type { ResourceHandle } from '../pattern/resource-handle';
import { builtInProviders } from '../providers/built-in';
import type { SessionEvent } from '../session/events';
import type { PrivateHost } from '../session/private-host';

/** What a provider's contract is tested with. */
export interface ContractOptions<Client, Connection extends Json, Config extends Json> {
  /** The name of a resource that can be set up. */
  readonly name: string;
  readonly config?: Config;
  /** A resource whose setup fails by itself. */
  readonly failing: { readonly name: string; readonly config?: Config };
  /**
   * Looks at the resource itself, not through the provider: whether what `connection` reaches is there. Left out for a provider
   * that only attaches to what is there already, and so ends nothing.
   */
  isAlive?(connection: Connection): Promise<boolean> | boolean;
  /** Counts, from outside, the resources of this kind that are there: finds those that a failed setup left without a connection. */
  countAlive?(): Promise<number> | number;
  /** Uses a client once; throws if it does not work. */
  use(client: Client): unknown;
}

const prefix = 'contract';

/** One provider in a session of its own, watched from outside. */
export class ContractBench<Client, Connection extends Json, Config extends Json> {
  readonly provider: ModelProvider<Client, Connection, Config>;
  readonly options: ContractOptions<Client, Connection, Config>;
  readonly makeProvider: () => ModelProvider<Client, Connection, Config>;
  /** Connections as the session handed them out. */
  readonly connections: Connection[] = [];
  #aliveBefore = 0;
  readonly #session: PrivateHost;
  readonly #restoreRealm: () => void;

  private constructor(
    provider: ModelProvider<Client, Connection, Config>,
    makeProvider: () => ModelProvider<Client, Connection, Config>,
    options: ContractOptions<Client, Connection, Config>,
    session: PrivateHost,
  ) {
    this.provider = provider;
    this.makeProvider = makeProvider;
    this.options = options;
    this.#session = session;
    const registry = new ProviderRegistry(builtInProviders(), { [prefix]: provider });
    const host = this.#watch(session.host);
    this.#restoreRealm = installRealm({ host: () => host, registry: () => Promise.resolve(registry) });
  }

  /** Runs `check` on a fresh provider in a fresh session, and closes both. */
  static async run<Client, Connection extends Json, Config extends Json>(
    factory: () => ModelProvider<Client, Connection, Config>,
    options: ContractOptions<Client, Connection, Config>,
    check: (bench: ContractBench<Client, Connection, Config>) => Promise<void>,
  ): Promise<void> {
    const provider = factory();
    defineProviders({ [prefix]: provider });
    // With another retention a stop would come later than the teardown that is to be judged.
    Object.defineProperty(provider, 'constraints', { value: { ...provider.constraints, retain: 'lease' } });
    // What it depends on are other providers' resources: those are not looked at.
    const session = await openHost({ ...builtInProviders(), [prefix]: provider as AnyProvider });
    const bench = new ContractBench(provider, factory, options, session);
    try {
      bench.#aliveBefore = (await options.countAlive?.()) ?? 0;
      await check(bench);
    } finally {
      bench.#restoreRealm();
      await session.close();
    }
  }

  /** What happened to the provider's own resources. */
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

  /** The connection that was handed out last. */
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

  /** Every resource that was begun has come to its end. */
  async requireNothingLeft(when: string): Promise<void> {
    const begun = this.events.flatMap((event) => (event.type === 'starting' ? [event.resourceId] : []));
    const ended = this.events.flatMap((event) => (event.type === 'stopped' ? [event.resourceId] : []));
    const left = begun.filter((id) => !ended.includes(id));
    if (left.length > 0) throw broken(`${left.join(', ')} ${left.length === 1 ? 'is' : 'are'} left ${when}`);
    const more = ((await this.options.countAlive?.()) ?? 0) - this.#aliveBefore;
    if (more > 0) throw broken(`${more} more of its resources than before are there ${when}`);
  }

  #watch(host: Host): Host {
    return Object.create(host, {
      lease: {
        value: async (request: Parameters<Host['lease']>[0]) => {
          const lease = await host.lease(request);
          this.connections.push(lease.connection as Connection);
          return lease;
        },
      },
    }) as Host;
  }
}

/** A rule that the provider breaks. */
export function broken(what: string): ModelProviderError {
  return new ModelProviderError('CONTRACT_BROKEN', `The provider breaks its contract: ${what}.`);
}

function openHost(providers: ProviderMap): Promise<PrivateHost> {
  const open = (globalThis as { [privateHostKey]?: (providers: ProviderMap) => Promise<PrivateHost> })[
    privateHostKey
  ];
  if (open !== undefined) return open(providers);
  throw new ModelProviderError(
    'SESSION_MISSING',
    "describeProviderContract() needs this package's environment: use preset: 'jest-model-provider', or begin the file with /** @jest-environment jest-model-provider/environment */.",
  );
}
