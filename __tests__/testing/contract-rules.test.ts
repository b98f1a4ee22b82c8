/** @jest-environment jest-model-provider/environment */
import {
  ModelProvider,
  type Json,
  type ProviderConstraints,
  type Resource,
  type ResourceContext,
} from '../../dist/src/index';
import { ContractBench, type ContractOptions } from '../../dist/src/testing/contract-bench';
import { contractRules } from '../../dist/src/testing/contract-rules';

type Connection = { id: string };
interface Client {
  use(): void;
}

/** The world outside: which resources are there. */
const world = new Set<string>();
let count = 0;

/** A provider that keeps every rule; each wrong one below breaks one of them. */
class HonestProvider extends ModelProvider<Client, Connection, never> {
  readonly constraints: ProviderConstraints = {
    maxLive: Infinity,
    sharing: 'shared',
    retain: 'lease',
    startTimeoutMs: 5000,
    stopTimeoutMs: 5000,
  };

  async createResource(name: string, _config: undefined, context: ResourceContext): Promise<Connection> {
    const connection = this.make();
    context.defer('end it', () => void world.delete(connection.id));
    await new Promise((resolve) => setTimeout(resolve, 20));
    context.signal.throwIfAborted();
    if (name === 'failing') throw new Error('it does not want to');
    return connection;
  }

  createClient({ id }: Connection): Client {
    return {
      use: () => {
        if (!world.has(id)) throw new Error(`${id} is gone`);
      },
    };
  }

  protected make(): Connection {
    count += 1;
    const id = `thing-${count}`;
    world.add(id);
    return { id };
  }
}

const options: ContractOptions<Client, Connection, never> = {
  name: 'thing',
  failing: { name: 'failing' },
  isAlive: ({ id }) => world.has(id),
  countAlive: () => world.size,
  use: (client) => client.use(),
};

const wrong: Record<string, () => ModelProvider<Client, Connection, never>> = {
  'setup returns a handle to a resource that is there and whose client works': () =>
    new (class extends HonestProvider {
      override createClient(): Client {
        return {
          use: () => {
            throw new Error('not connected');
          },
        };
      }
    })(),
  'the connection is JSON': () =>
    new (class extends HonestProvider {
      override async createResource(
        name: string,
        config: undefined,
        context: ResourceContext,
      ): Promise<Connection> {
        return {
          ...(await super.createResource(name, config, context)),
          close: () => undefined,
        } as Connection;
      }
    })(),
  'the resource is really gone when teardown resolves': () =>
    new (class extends HonestProvider {
      override createResource(): Promise<Connection> {
        return Promise.resolve(this.make());
      }
    })(),
  'teardown is idempotent, also when called twice at once': () =>
    new (class extends HonestProvider {
      override async destroyResource({ connection }: Resource<Connection>): Promise<void> {
        await Promise.resolve();
        throw new Error(`${connection.id} was ended before`);
      }
    })(),
  'two leases share, take turns or have resources of their own, as the constraints say': () =>
    new (class extends HonestProvider {
      #users = 0;
      override createClient(connection: Connection): Client {
        this.#users += 1;
        if (this.#users > 1) throw new Error('one client only, although the resource is shared');
        return super.createClient(connection);
      }
    })(),
  'setups at the same time make as many resources as the constraints say': () =>
    new (class extends HonestProvider {
      #users = 0;
      override createClient(connection: Connection): Client {
        this.#users += 1;
        if (this.#users > 2) throw new Error('two clients only, although the resource is shared');
        return super.createClient(connection);
      }
    })(),
  'a failed setup says why, leaves nothing, and does not stand in the way of the next': () =>
    new (class extends HonestProvider {
      #isBroken = false;
      override createResource(
        name: string,
        config: undefined,
        context: ResourceContext,
      ): Promise<Connection> {
        this.#isBroken ||= name === 'failing';
        return super.createResource(this.#isBroken ? 'failing' : name, config, context);
      }
    })(),
  'a setup that is given up ends at once and leaves nothing': () =>
    new (class extends HonestProvider {
      override async createResource(
        _name: string,
        _config: undefined,
        context: ResourceContext,
      ): Promise<Connection> {
        const connection = this.make();
        await new Promise((resolve) => setTimeout(resolve, 20));
        context.signal.throwIfAborted();
        context.defer('end it', () => void world.delete(connection.id));
        return connection;
      }
    })(),
  'teardownAll ends every resource of the provider': () =>
    new (class extends HonestProvider {
      override createResource(): Promise<Connection> {
        return Promise.resolve(this.make());
      }
    })(),
  'a lazy handle makes a resource at its first use only, and then one': () =>
    new (class extends HonestProvider {
      override createClient(connection: Connection): Client {
        world.delete(connection.id);
        throw new Error('too late');
      }
    })(),
  'nothing is made or ended but by setup and teardown': () =>
    new (class extends HonestProvider {
      override createClient({ id }: Connection): Client {
        return { use: () => void world.delete(id) };
      }
    })(),
  'a client needs nothing but the connection': () =>
    new (class extends HonestProvider {
      readonly #own = new Set<string>();
      override async createResource(
        name: string,
        config: undefined,
        context: ResourceContext,
      ): Promise<Connection> {
        const connection = await super.createResource(name, config, context);
        this.#own.add(connection.id);
        return connection;
      }
      override createClient(connection: Connection): Client {
        if (!this.#own.has(connection.id)) throw new Error('made by somebody else');
        return super.createClient(connection);
      }
    })(),
  'setup is the only way to a client': () =>
    new (class extends HonestProvider {
      getClient(name: string): Json {
        return name;
      }
    })(),
};

const limitedTo = (limits: Partial<HonestProvider['constraints']>) => (): HonestProvider => {
  const provider = new HonestProvider();
  Object.defineProperty(provider, 'constraints', { value: { ...provider.constraints, ...limits } });
  return provider;
};

describe.each(contractRules)('rule "$title"', (rule) => {
  test.each([
    ['sharing "shared"', limitedTo({})],
    ['sharing "exclusive"', limitedTo({ sharing: 'exclusive' })],
    ['sharing "perLease"', limitedTo({ sharing: 'perLease' })],
    ['two resources, one per lease', limitedTo({ sharing: 'perLease', maxLive: 2 })],
    ['one resource, one per lease', limitedTo({ sharing: 'perLease', maxLive: 1 })],
    ['one shared resource', limitedTo({ sharing: 'shared', maxLive: 1 })],
  ])('is kept by an honest provider with %s', async (_sharing, factory) => {
    await ContractBench.run(factory, options, (bench) => rule.check(bench));
  });

  test('is broken by a provider that is wrong in just this', async () => {
    const factory = wrong[rule.title];
    if (factory === undefined) throw new Error(`no wrong provider for "${rule.title}"`);
    await expect(ContractBench.run(factory, options, (bench) => rule.check(bench))).rejects.toThrow();
  });
});

test('every wrong provider belongs to a rule', () => {
  expect(Object.keys(wrong).sort()).toEqual(contractRules.map(({ title }) => title).sort());
});
