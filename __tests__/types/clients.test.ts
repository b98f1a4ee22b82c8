// Checked by the compiler (npm run typecheck): each line that must not compile says so. To run it proves only
// that it loads.
import type { Client, Pool } from 'pg';
import {
  DatabaseProvider,
  defineProviders,
  foreach,
  ModelProvider,
  modelProviders,
  Result,
  withClient,
  withClients,
  type ClientContext,
  type ClientOf,
  type DatabaseClient,
  type DatabasePool,
  type LazyHandle,
  type ModelConnection,
  type ModelClient,
  type ProviderConstraints,
  type ResourceHandle,
} from 'jest-model-provider';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function expectType<_Proof extends true>(): void {}
function expectTypeOf<T>(_value: T): {
  is<U>(..._proof: Equal<T, U> extends true ? [] : ['another type']): void;
} {
  return { is: () => undefined };
}

test("a spec's prefix decides the client's type", () => {
  expectType<Equal<ClientOf<'embedded:expert'>, ModelClient>>();
  expectType<Equal<ClientOf<'llama:path/to/model.gguf'>, ModelClient>>();
  expectType<Equal<ClientOf<'openai:gpt-4o-mini'>, ModelClient>>();
  expectType<Equal<ClientOf<'unheard-of:x'>, unknown>>();
  expectType<Equal<ClientOf<'no prefix'>, unknown>>();
});

/** Never called: only its types matter. */
export async function databases(): Promise<void> {
  withClient(['postgres:shop'], (handle) => {
    expectTypeOf(handle.client).is<DatabaseClient>();
    const client: Client = handle.client;
    expectTypeOf(client.port).is<number>();
  });
  const pooled = await new DatabaseProvider({ pool: true }).setup('shop');
  expectTypeOf(pooled.client).is<DatabasePool>();
  const pool: Pool = pooled.client;
  expectTypeOf(pool.totalCount).is<number>();
  for (const isolation of ['file', 'test', 'shared'] as const)
    await new DatabaseProvider({ isolation }).setup('shop', { isolation });
  // @ts-expect-error there are three isolations
  await new DatabaseProvider({ isolation: 'lease' }).setup('shop', { isolation: 'lease' });
  const single = await new DatabaseProvider({ schemas: { shop: './shop.sql' } }).setup('shop');
  expectTypeOf(single.client).is<DatabaseClient>();
  expectTypeOf(single.connection.url).is<string>();
}

/** Never called: only its types matter. */
export async function setups(spec: string): Promise<void> {
  expectType<
    Equal<
      Awaited<ReturnType<typeof modelProviders.setup<'embedded:expert'>>>,
      ResourceHandle<ModelClient, ModelConnection>
    >
  >();
  const handle = await modelProviders.setup('embedded:expert');
  expectTypeOf(handle.client).is<ModelClient>();
  const lazy = modelProviders.request('llama:model.gguf');
  expectTypeOf(lazy).is<LazyHandle<ModelClient, ModelConnection>>();
  const unknown = await modelProviders.setup(spec);
  expectTypeOf(unknown.client).is<unknown>();
  expectTypeOf(unknown.connection).is<unknown>();
  // @ts-expect-error a configuration is JSON
  await modelProviders.setup('embedded:expert', () => 1);
}

/** Never called. */
export function blocks(): void {
  withClient(['embedded:novice', 'embedded:expert'], (handle, model) => {
    expectTypeOf(handle.client).is<ModelClient>();
    expectTypeOf(handle.connection).is<ModelConnection>();
    expectTypeOf(model).is<string>();
  });
  withClient(
    [{ spec: 'llama:a.gguf', config: { contextSize: 512 }, label: 'small' }],
    { scope: 'test' },
    (handle) => {
      expectTypeOf(handle.client).is<ModelClient>();
    },
  );
  withClient(['embedded:expert', 'unheard-of:x'], (handle) => {
    expectTypeOf(handle.client).is<unknown>();
  });
  // @ts-expect-error there are two scopes
  withClient(['embedded:expert'], { scope: 'file' }, () => undefined);
  // @ts-expect-error models are a list
  withClient('embedded:expert', () => undefined);
}

/** Never called. */
export function blocksOfSeveral(spec: string): void {
  withClients(
    { model: 'embedded:expert', other: { spec: 'unheard-of:x', config: { size: 1 } } },
    (handles) => {
      expectTypeOf(handles.model).is<ResourceHandle<ModelClient, ModelConnection>>();
      expectTypeOf(handles.other.client).is<unknown>();
      // @ts-expect-error there is no such name
      void handles.judge;
    },
  );
  withClients(
    { small: { spec: 'llama:a.gguf', label: 'small' }, any: spec },
    { scope: 'test' },
    ({ small, any }) => {
      expectTypeOf(small.client).is<ModelClient>();
      expectTypeOf(any.client).is<unknown>();
    },
  );
  // @ts-expect-error there are two scopes
  withClients({ model: 'embedded:expert' }, { scope: 'file' }, () => undefined);
  // @ts-expect-error a configuration is JSON
  withClients({ model: { spec: 'embedded:expert', config: () => 1 } }, () => undefined);
  // @ts-expect-error a spec is a text, or has one
  withClients({ model: undefined }, () => undefined);
  // @ts-expect-error specs have names
  withClients(['embedded:expert'], () => undefined);
}

/** Never called. */
export function samples(): void {
  foreach('question, answer', [{ question: 'a', answer: 1, more: true }], ({ question, answer }) => {
    expectTypeOf(question).is<string>();
    expectTypeOf(answer).is<number>();
    return new Result(question);
  });
  foreach('prompt', ['a', 'b'], (prompt) => {
    expectTypeOf(prompt).is<string>();
    return new Result(prompt);
  });
  foreach('a,b', [[1, 2]], ({ a, b }) => new Result(String(a + b)));
  const rows = [
    ['2 + 3', 5, true],
    ['4 + 4', 8, false],
  ] as const;
  foreach(
    'question, answer',
    [
      ['2 + 3', 5],
      ['4 + 4', null],
    ],
    ({ question, answer }, { client: _client }) => {
      expectTypeOf(question).is<string>();
      expectTypeOf(answer).is<number | null>();
      return new Result(question);
    },
    { filter: ([question, answer]) => question !== '' && answer !== null, id: 'question' },
  );
  foreach('question, answer', rows, ({ question, answer }) => {
    expectTypeOf(question).is<'2 + 3' | '4 + 4'>();
    expectTypeOf(answer).is<5 | 8>();
    return new Result(question);
  });
  foreach(
    ' b , a ',
    () => [[1, 'x']],
    ({ a, b }) => {
      expectTypeOf(a).is<string>();
      expectTypeOf(b).is<number>();
      return new Result(a);
    },
  );
  const untold: (string | number)[][] = [];
  foreach('a, b', untold, ({ a, b }) => {
    expectTypeOf(a).is<string | number>();
    expectTypeOf(b).is<string | number>();
    return true;
  });
  foreach('a, b, c', [['x', 1]], ({ c }) => {
    expectTypeOf(c).is<unknown>();
    return true;
  });
  foreach('n', [1, 2], (n) => {
    expectTypeOf(n).is<number>();
    return n > 1;
  });
  // @ts-expect-error a sample's function returns a Result
  foreach('prompt', ['a'], (prompt) => prompt);
}

interface Greeter {
  greet(): string;
}

class GreeterProvider extends ModelProvider<Greeter, { greeting: string }, { loud: boolean }> {
  readonly constraints: ProviderConstraints = {
    maxLive: 1,
    sharing: 'shared',
    retain: 'lease',
    startTimeoutMs: 1000,
    stopTimeoutMs: 1000,
  };
  createResource(name: string): Promise<{ greeting: string }> {
    return Promise.resolve({ greeting: name });
  }
  createClient({ greeting }: { greeting: string }, _context: ClientContext): Greeter {
    return { greet: () => greeting };
  }
}

/** Never called. */
export async function ownProvider(): Promise<void> {
  const provider = new GreeterProvider();
  const handle = await provider.setup('Ada', { loud: true });
  expectTypeOf(handle.client).is<Greeter>();
  // @ts-expect-error the configuration has a type
  await provider.setup('Ada', { loud: 'yes' });
  defineProviders({ greeter: provider });
  // @ts-expect-error not a provider
  defineProviders({ greeter: { setup: () => undefined } });
}
