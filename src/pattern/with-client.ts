import type { ClientOf, KnownSpec } from './client-types';
import type { Host } from './host';
import { LeasedResource } from './leased-resource';
import { parseModels } from './model-list';
import { currentRealm } from './realm';
import { checkCall, registerBlock, type WithClientOptions } from './register-block';
import type { ModelInput, ParsedRequest } from './resource-spec';
import type { ResourceHandle } from './resource-handle';

type BlockBody<Spec extends string> = (handle: ResourceHandle<ClientOf<Spec>>, model: string) => void;

/**
 * Runs a block of tests once per model: a `describe` whose `beforeAll` sets the model up and whose `afterAll` tears it down.
 * `fn` runs while Jest collects the tests, so it must read `handle.client` inside tests and hooks only, and return nothing.
 *
 * The title of each block is the model's label, by default its spec. `EVALS_MODELS` skips the blocks of models that it does not
 * name; in a project of `modelMatrix()` the blocks of its model run alone. No Jest timeout applies to the setup: the session enforces
 * the provider's own limits. The blocks run in the order of the list, but those of models that are loaded when the file begins go first.
 *
 * @throws ModelProviderError `MODELS_INVALID`, `SPEC_INVALID`, `PROVIDER_UNKNOWN`, `SESSION_MISSING`.
 * @example
 * withClient(['embedded:novice', 'embedded:expert'], (handle, model) => {
 *   test('answers', async () => {
 *     expect((await handle.client.generate('2 + 3')).text).toBe('5');
 *   });
 * });
 */
export function withClient<const Spec extends string = KnownSpec>(
  models: readonly ModelInput<Spec>[],
  fn: BlockBody<Spec>,
): void;
export function withClient<const Spec extends string = KnownSpec>(
  models: readonly ModelInput<Spec>[],
  options: WithClientOptions,
  fn: BlockBody<Spec>,
): void;
export function withClient<Spec extends string>(
  models: readonly ModelInput<Spec>[],
  ...rest: [BlockBody<Spec>] | [WithClientOptions, BlockBody<Spec>]
): void {
  const [options, fn] = rest.length === 1 ? [{}, rest[0]] : rest;
  const scope = checkCall('withClient', options, fn);
  const host = currentRealm().host();
  for (const request of loadedFirst(parseModels(models, host.providerNames), host)) {
    const resource = new LeasedResource(request);
    const handle = resource.handle as Parameters<typeof fn>[0];
    const body = (): unknown => fn(handle, request.label);
    registerBlock({ caller: 'withClient', resources: [resource], scope, body });
  }
}

/** Begins with what is loaded already, so that it need not make room and be loaded again; otherwise as written. */
function loadedFirst(requests: readonly ParsedRequest[], host: Host): ParsedRequest[] {
  const isLoaded = new Map(requests.map((request) => [request, host.isLoaded(request)]));
  return [true, false].flatMap((wanted) => requests.filter((request) => isLoaded.get(request) === wanted));
}
