import {
  modelProviders,
  withClient,
  withClients,
  type ClientOf,
  type KnownSpec,
  type ModelClient,
} from 'jest-model-provider';
import type { Shop, Tiny } from './providers';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function expectType<_Proof extends true>(): void {}
const is =
  <Wanted>() =>
  <Given>(_value: Given, ..._proof: Equal<Given, Wanted> extends true ? [] : ['another type']): void =>
    undefined;

expectType<Equal<ClientOf<'shop:a'>, Shop>>();
expectType<Equal<ClientOf<'embedded:expert'>, Tiny>>();
expectType<Equal<ClientOf<'llama:a.gguf'>, ModelClient>>();
expectType<Equal<ClientOf<'other:x'>, unknown>>();
expectType<Equal<Extract<'shop:a', KnownSpec>, 'shop:a'>>();
expectType<Equal<Extract<'other:a', KnownSpec>, never>>();

withClient(['shop:a', { spec: 'llama:a.gguf', label: 'small' }], (handle) => {
  is<Shop | ModelClient>()(handle.client);
});
withClient(['shop:a', 'other:x'], (handle) => {
  is<unknown>()(handle.client);
});

withClients({ model: 'llama:a.gguf', db: { spec: 'shop:a', label: 'small' } }, ({ model, db }) => {
  is<ModelClient>()(model.client);
  is<Shop>()(db.client);
});

export async function shops(): Promise<void> {
  const handle = await modelProviders.setup('shop:a');
  is<Shop>()(handle.client);
  const lazy = modelProviders.request('shop:a');
  is<Shop>()((await lazy.get()).client);
  // @ts-expect-error a shop has no such method
  handle.client.generate('x');
}
