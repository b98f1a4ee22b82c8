import { ModelProvider } from '../../src/pattern/model-provider';
import { defineProviders, ProviderRegistry, type ProviderMap } from '../../src/pattern/registry';
import { OwnProvider } from './own-runtime';
import { thrown } from '../support/thrown';

test('providers that are defined are the same object, frozen', () => {
  const map = { mine: new OwnProvider(), 'my-other_2': new OwnProvider() };
  expect(defineProviders(map)).toBe(map);
  expect(Object.isFrozen(map)).toBe(true);
});

test.each(['', '2nd', 'a b', 'a:b', 'größe', '-a', '_a', 'a/b', 'a\n'])(
  'the provider name %j is refused, since no spec could begin with it',
  (name) => {
    expect(thrown(() => defineProviders({ [name]: new OwnProvider() }))).toMatchObject({
      code: 'PROVIDER_INVALID',
      message: `Provider name "${name}" cannot be a spec's prefix: use a letter, then letters, digits, "_" or "-".`,
    });
  },
);

class Overriding extends OwnProvider {
  override async teardownAll(): Promise<void> {}
}

test.each([
  ['a class', OwnProvider, 'it is a class, not an instance: write `new` before it'],
  ['a plain object', { constraints: {} }, 'it does not inherit from ModelProvider'],
  ['a built-in object', new Map(), 'it does not inherit from ModelProvider'],
  ['undefined', undefined, 'it is a undefined'],
  [
    'a provider that overrides a final method',
    new Overriding(),
    'it overrides teardownAll(), which is the same for every provider: put its work into createResource, destroyResource, createClient or disposeClient',
  ],
])('%s is refused by its name with the reason', (_what, provider: unknown, reason) => {
  const map = { good: new OwnProvider(), bad: provider } as ProviderMap;
  expect(thrown(() => defineProviders(map))).toMatchObject({
    code: 'PROVIDER_INVALID',
    message: `Provider "bad" is refused: ${reason}.`,
    details: { provider: 'bad' },
  });
});

test('a provider with an absurd constraint is refused by its name and the constraint', () => {
  const provider = new OwnProvider();
  Object.assign(provider, { constraints: { ...provider.constraints, maxLive: 0 } });
  const error = thrown(() => defineProviders({ greedy: provider }));
  expect(error).toMatchObject({
    code: 'PROVIDER_INVALID',
    details: { provider: 'greedy', constraint: 'maxLive' },
  });
  expect(error.message).toMatch(/^Provider "greedy": constraints\.maxLive is 0; it must be /);
});

test('a registry finds providers by prefix and prefixes by provider', () => {
  const [a, b] = [new OwnProvider(), new OwnProvider()];
  const registry = new ProviderRegistry({ a, b });
  expect(registry.names).toEqual(['a', 'b']);
  expect(registry.all()).toEqual([a, b]);
  expect(registry.get('b')).toBe(b);
  expect(registry.prefixOf(b)).toBe('b');
  expect(registry.get('c')).toBeUndefined();
  expect(registry.prefixOf(new OwnProvider())).toBeUndefined();
});

test('names that every object has are no prefixes', () => {
  const registry = new ProviderRegistry({});
  for (const name of ['constructor', 'toString', '__proto__']) expect(registry.get(name)).toBeUndefined();
});

test('a later map replaces the provider of an earlier one in its place', () => {
  const [builtIn, own] = [new OwnProvider(), new OwnProvider()];
  const registry = new ProviderRegistry({ llama: builtIn, openai: builtIn }, { llama: own });
  expect(registry.names).toEqual(['llama', 'openai']);
  expect(registry.get('llama')).toBe(own);
});

test('a provider that is adopted gets a free prefix made from its class name', () => {
  class VectorStoreProvider extends OwnProvider {}
  const registry = new ProviderRegistry({ own: new OwnProvider() });
  const adopted = [
    new VectorStoreProvider(),
    new OwnProvider(),
    new OwnProvider(),
    new (class extends OwnProvider {})(),
  ];
  expect(adopted.map((provider) => registry.adopt(provider))).toEqual([
    'vectorstore',
    'own-2',
    'own-3',
    'provider',
  ]);
  for (const provider of adopted) expect(registry.get(registry.prefixOf(provider)!)).toBe(provider);
});

test('a class called just Provider is adopted too', () => {
  class Provider extends OwnProvider {}
  expect(new ProviderRegistry({}).adopt(new Provider())).toBe('provider');
});

test('what cannot be defined cannot be adopted', () => {
  class GreedyProvider extends OwnProvider {}
  const greedy = Object.assign(new GreedyProvider(), { constraints: undefined });
  const registry = new ProviderRegistry({});
  expect(thrown(() => registry.adopt(greedy as never))).toMatchObject({
    code: 'PROVIDER_INVALID',
    details: { provider: 'greedy' },
  });
  expect(registry.names).toEqual([]);
  expect(
    thrown(() => registry.adopt(new (class Impostor extends Map {})() as unknown as ModelProvider)).message,
  ).toBe('Provider "impostor" is refused: it does not inherit from ModelProvider.');
});

test('every provider makes models, but those that say they do not', () => {
  const database = Object.assign(new OwnProvider(), { isModel: false });
  const registry = new ProviderRegistry({ llm: new OwnProvider(), db: database });
  expect([registry.names, registry.modelNames]).toEqual([['llm', 'db'], ['llm']]);
});

test('a registry says what the answers of a resource depend on, and null where its provider does not', async () => {
  const known = Object.assign(new OwnProvider(), {
    identity: (name: string, config: unknown) => ({ name, config }) as never,
  });
  const registry = new ProviderRegistry({ known, silent: new OwnProvider() });
  expect(await registry.identity({ provider: 'known', name: 'a', config: { size: 1 } })).toEqual({
    name: 'a',
    config: { size: 1 },
  });
  expect(await registry.identity({ provider: 'silent', name: 'a' })).toBeNull();
  await expect(registry.identity({ provider: 'knwon', name: 'a' })).rejects.toMatchObject({
    code: 'PROVIDER_UNKNOWN',
    details: { known: ['known', 'silent'] },
  });
});

test('a registry says which devices a resource takes, and refuses a need that cannot be met', async () => {
  const onGpu = Object.assign(new OwnProvider(), { devices: () => ({ pool: ['gpu:0'], count: 1 }) });
  const greedy = Object.assign(new OwnProvider(), { devices: () => ({ pool: ['gpu:0'], count: 2 }) });
  const registry = new ProviderRegistry({ gpu: onGpu, greedy, cpu: new OwnProvider() });
  expect(await registry.devices({ provider: 'gpu', name: 'a' })).toEqual({ pool: ['gpu:0'], count: 1 });
  expect(await registry.devices({ provider: 'cpu', name: 'a' })).toBeUndefined();
  await expect(registry.devices({ provider: 'greedy', name: 'a' })).rejects.toMatchObject({
    code: 'PROVIDER_INVALID',
    details: { spec: 'greedy:a' },
  });
});
