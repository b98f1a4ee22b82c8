import type { ClientOf, ConnectionOf, KnownSpec } from '../client-types';
import type { SessionClient } from '../session-client';
import { LeasedResource } from './leased-resource';
import { parseModels } from './model-list';
import { currentRuntime } from '../runtime';
import { checkCall, registerBlock, type WithClientOptions } from './register-block';
import type { ModelInput, ParsedRequest } from '../resource-spec';
import type { ResourceHandle } from '../resource-handle';

type BlockBody<Spec extends string> = (
  handle: ResourceHandle<ClientOf<Spec>, ConnectionOf<Spec>>,
  model: string,
) => void;

/**
 * Runs a block of tests once per model: a `describe` whose `beforeAll` sets the model up and whose `afterAll`
 * tears it down. `fn` runs while Jest collects the tests: it must read `handle.client` inside tests and hooks
 * only, and return nothing.
 *
 * The title of each block is the model's label, by default its spec. `EVALS_MODELS` skips the blocks of
 * models that it does not name; in a project of `modelMatrix()` only the blocks of the project's model run.
 * No Jest timeout applies to the setup: the session enforces the provider's own limits. Blocks of models that
 * are loaded when the file begins run first; otherwise blocks run in the order of the list.
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
  const session = currentRuntime().session();
  for (const request of loadedFirst(parseModels(models, session.providerNames), session)) {
    const resource = new LeasedResource(request);
    const handle = resource.handle as Parameters<typeof fn>[0];
    const body = (): unknown => fn(handle, request.label);
    registerBlock({ caller: 'withClient', resources: [resource], scope, body });
  }
}

/** Puts loaded models first, so that none of them is unloaded and loaded again; otherwise keeps the order. */
function loadedFirst(requests: readonly ParsedRequest[], session: SessionClient): ParsedRequest[] {
  const isLoaded = new Map(requests.map((request) => [request, session.isLoaded(request)]));
  return [true, false].flatMap((wanted) => requests.filter((request) => isLoaded.get(request) === wanted));
}
