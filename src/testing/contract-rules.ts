import { isModelProviderError, messageOf } from '../base/errors';
import { findNonJson, type Json } from '../base/json';
import { broken, type ContractBench } from './contract-bench';

/** One rule that every provider must keep. */
export interface ContractRule {
  readonly title: string;
  check<Client, Connection extends Json, Config extends Json>(
    bench: ContractBench<Client, Connection, Config>,
  ): Promise<void>;
}

const secondWay =
  /^(get|create|make|start|open|switch|use|acquire|connect)\w*(client|model|server|connection|resource)\w*$/i;
const patternMethods = new Set(['createResource', 'destroyResource', 'createClient', 'disposeClient']);

/** The checklist and the anti-patterns of the model provider pattern, one rule each. */
export const contractRules: readonly ContractRule[] = [
  {
    title: 'setup returns a handle to a resource that is there and whose client works',
    async check(bench) {
      const handle = await bench.setup();
      if (!handle.isActive || handle.resourceId === '')
        throw broken('the handle of a setup is not active or has no resource id');
      if (handle.manager !== bench.provider) throw broken('the manager of the handle is not the provider');
      await bench.requireAlive(bench.lastConnection, true, 'after setup');
      await bench.options.use(handle.client);
      await handle.teardown();
    },
  },
  {
    title: 'the connection is JSON',
    async check(bench) {
      const handle = await bench.setup();
      const path = findNonJson(JSON.parse(JSON.stringify(bench.lastConnection)));
      await handle.teardown();
      if (path !== undefined) throw broken(`the connection is not JSON at ${path}`);
    },
  },
  {
    title: 'the resource is really gone when teardown resolves',
    async check(bench) {
      const handle = await bench.setup();
      const connection = bench.lastConnection;
      await handle.teardown();
      await bench.requireAlive(connection, false, 'after teardown');
      await bench.requireNothingLeft('after teardown');
    },
  },
  {
    title: 'teardown is idempotent, also when called twice at once',
    async check(bench) {
      const before = bench.count('released');
      const handle = await bench.setup();
      await Promise.all([handle.teardown(), handle.teardown()]);
      await handle.teardown();
      if (bench.count('released') !== before + 1)
        throw broken('repeated teardowns released more than one lease');
    },
  },
  {
    title: 'two leases share, take turns or have resources of their own, as the constraints say',
    async check(bench) {
      if (leasesAtOnce(bench) === 1) return takeTurns(bench);
      const first = await bench.setup();
      const other = await bench.setup();
      const isShared = first.resourceId === other.resourceId;
      if (isShared !== (bench.provider.constraints.sharing === 'shared')) {
        throw broken(
          `two leases ${isShared ? 'share a resource' : 'have different resources'} although sharing is '${bench.provider.constraints.sharing}'`,
        );
      }
      await first.teardown();
      await bench.options.use(other.client);
      await other.teardown();
    },
  },
  {
    title: 'setups at the same time make as many resources as the constraints say',
    async check(bench) {
      const count = Math.min(3, leasesAtOnce(bench));
      const handles = await Promise.all(Array.from({ length: count }, () => bench.setup()));
      const resources = new Set(handles.map(({ resourceId }) => resourceId)).size;
      await Promise.all(handles.map((handle) => handle.teardown()));
      if (resources !== (bench.provider.constraints.sharing === 'shared' ? 1 : count))
        throw broken(`${count} setups at once made ${resources} resources`);
    },
  },
  {
    title: 'a failed setup says why, leaves nothing, and does not stand in the way of the next',
    async check(bench) {
      const error: unknown = await bench.setupFailing().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (error === undefined) throw broken('the setup that should fail did not');
      if (!isModelProviderError(error) || messageOf(error).split('\n')[0]?.trim() === '')
        throw broken('a failed setup gave an error without a code or a cause');
      await bench.requireNothingLeft('after a failed setup');
      const handle = await bench.setup();
      await bench.options.use(handle.client);
      await handle.teardown();
    },
  },
  {
    title: 'a setup that is given up ends at once and leaves nothing',
    async check(bench) {
      const abort = new AbortController();
      const setup = bench.setup(abort.signal);
      setup.catch(() => undefined);
      await until(() => bench.count('starting') > 0);
      abort.abort();
      const error: unknown = await setup.then(
        (handle) => handle.teardown(),
        (reason: unknown) => reason,
      );
      if (error !== undefined && !isModelProviderError(error, 'SETUP_ABORTED'))
        throw broken(`a setup that was given up failed with ${messageOf(error)}`);
      // An aborted start is undone in the background.
      await until(() => bench.count('stopped') === bench.count('starting'));
      await bench.requireNothingLeft('after a setup was given up');
      for (const connection of bench.connections)
        await bench.requireAlive(connection, false, 'after a setup was given up');
    },
  },
  {
    title: 'teardownAll ends every resource of the provider',
    async check(bench) {
      await bench.setup();
      if (leasesAtOnce(bench) > 1) await bench.setup();
      await bench.provider.teardownAll();
      for (const connection of bench.connections)
        await bench.requireAlive(connection, false, 'after teardownAll');
      await bench.requireNothingLeft('after teardownAll');
    },
  },
  {
    title: 'a lazy handle makes a resource at its first use only, and then one',
    async check(bench) {
      const { name, config } = bench.options;
      const lazy = bench.provider.request(name, config);
      await lazy.teardown();
      if (bench.count('starting') > 0 || lazy.isSetUp)
        throw broken('a lazy handle that was never used made a resource');
      const [first, second] = await Promise.all([lazy.get(), lazy.get()]);
      if (first !== second) throw broken('two uses of a lazy handle at once made two handles');
      await lazy.teardown();
      await bench.requireNothingLeft('after the teardown of a lazy handle');
    },
  },
  {
    title: 'nothing is made or ended but by setup and teardown',
    async check(bench) {
      const handle = await bench.setup();
      await bench.options.use(handle.client);
      await bench.options.use(handle.client);
      if (bench.count('starting') !== 1 || bench.count('stopping') !== 0 || bench.count('lost') !== 0) {
        throw broken('using the client started or stopped resources behind its back');
      }
      await bench.requireAlive(bench.lastConnection, true, 'after its client was used twice');
      await handle.teardown();
    },
  },
  {
    title: 'a client needs nothing but the connection',
    async check(bench) {
      const handle = await bench.setup();
      const copy = JSON.parse(JSON.stringify(bench.lastConnection)) as typeof bench.lastConnection;
      const elsewhere = bench.makeProvider();
      const end = new AbortController();
      const client = await elsewhere.createClient(copy, {
        resourceId: handle.resourceId,
        spec: handle.resourceId.replace(/#\d+$/, ''),
        signal: end.signal,
        note: () => undefined,
      });
      await bench.options.use(client);
      await elsewhere.disposeClient?.(client);
      await handle.teardown();
    },
  },
  {
    title: 'setup is the only way to a client',
    check(bench) {
      const others = publicMethods(bench.provider).filter(
        (name) => !patternMethods.has(name) && secondWay.test(name),
      );
      if (others.length > 0)
        return Promise.reject(
          broken(
            `${others.map((name) => `${name}()`).join(', ')} is a second way to get a client or a resource: make it private (#) or remove it`,
          ),
        );
      return Promise.resolve();
    },
  },
];

/**
 * How many leases on one name the constraints allow at once. More of them would wait for each other for ever.
 */
function leasesAtOnce<Client, Connection extends Json, Config extends Json>({
  provider,
}: ContractBench<Client, Connection, Config>): number {
  const { sharing, maxLive } = provider.constraints;
  return sharing === 'shared' ? Infinity : sharing === 'exclusive' ? 1 : maxLive;
}

async function takeTurns<Client, Connection extends Json, Config extends Json>(
  bench: ContractBench<Client, Connection, Config>,
): Promise<void> {
  // Requested at the same time: one after the other would be a deadlock, and refused.
  const [first, second] = [bench.setup(), bench.setup()];
  const handle = await first;
  if (bench.count('leased') !== 1) throw broken('two leases at once although the constraints allow one');
  await handle.teardown();
  const other = await second;
  await bench.options.use(other.client);
  await other.teardown();
}

const deadlineMs = 20_000;

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!condition() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
}

function publicMethods(provider: object): string[] {
  const names: string[] = [];
  for (
    let owner: object | null = provider;
    owner !== null;
    owner = Object.getPrototypeOf(owner) as object | null
  ) {
    if (Object.hasOwn(owner, 'teardownAll')) break;
    names.push(
      ...Object.getOwnPropertyNames(owner).filter(
        (name) => typeof (provider as Record<string, unknown>)[name] === 'function' && name !== 'constructor',
      ),
    );
  }
  return names;
}
