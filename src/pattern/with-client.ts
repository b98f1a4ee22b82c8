import type { ClientOf, KnownSpec } from './client-types';
import { maxTimerMs } from './constraints';
import { ModelProviderError } from './errors';
import { jestGlobals } from './jest-globals';
import { LeasedBlock } from './leased-block';
import { parseModels } from './model-list';
import { currentRealm } from './realm';
import type { ParsedRequest, ModelInput } from './resource-spec';
import type { ResourceHandle } from './resource-handle';

/** Options of {@link withClient}. */
export interface WithClientOptions {
  /** `block`, the default: one lease for the whole block. `test`: set up before and torn down after each test. */
  readonly scope?: 'block' | 'test';
}

type BlockBody<Spec extends string> = (handle: ResourceHandle<ClientOf<Spec>>, model: string) => void;

/**
 * Runs a block of tests once per model: a `describe` whose `beforeAll` sets the model up and whose `afterAll` tears it down.
 * `fn` runs while Jest collects the tests, so it must read `handle.client` inside tests and hooks only, and return nothing.
 *
 * The title of each block is the model's label, by default its spec. `EVALS_MODELS` skips the blocks of labels that it does not name. No Jest timeout applies to the setup: the session
 * enforces the provider's own limits.
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
  const scope = checkOptions(options, fn);
  const { providerNames, evals } = currentRealm().host();
  const { describe } = jestGlobals();
  for (const request of parseModels(models, providerNames)) {
    const isChosen = evals?.models?.includes(request.label) ?? true;
    const register = isChosen ? describe : describe.skip;
    register(request.label, () => registerBlock(request, scope, fn));
  }
}

function checkOptions(options: WithClientOptions, fn: unknown): 'block' | 'test' {
  if (typeof fn !== 'function') {
    throw new ModelProviderError(
      'MODELS_INVALID',
      'withClient(models, fn) needs a function of (handle, model) as its last argument.',
    );
  }
  const { scope = 'block' }: { readonly scope?: unknown } = options;
  if (scope !== 'block' && scope !== 'test') {
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `withClient(): scope is ${JSON.stringify(scope)}; it must be 'block' or 'test'.`,
    );
  }
  return scope;
}

function registerBlock(request: ParsedRequest, scope: 'block' | 'test', fn: BlockBody<string>): void {
  const { beforeAll, afterAll, beforeEach, afterEach } = jestGlobals();
  const block = new LeasedBlock(request);
  if (scope === 'test') {
    beforeEach(() => block.ready(), maxTimerMs);
    afterEach(() => block.teardown(), maxTimerMs);
  } else {
    // A block that holds evaluations only leases when its first sample needs it.
    beforeAll(async () => {
      block.bind();
      if (currentRealm().host().blockNeedsLease()) await block.ready();
    }, maxTimerMs);
    afterAll(() => block.teardown(), maxTimerMs);
  }
  const returned = block.collect<unknown>(() => fn(block.handle, request.label));
  if (returned === undefined) return;
  const isPromise = typeof (returned as { then?: unknown }).then === 'function';
  throw new ModelProviderError(
    'CONFIG_INVALID',
    isPromise
      ? `withClient(): the function for "${request.label}" is async, but Jest collects tests synchronously: make it a plain function and await inside tests and hooks.`
      : `withClient(): the function for "${request.label}" returned ${typeof returned}; it must return nothing, for Jest would ignore it.`,
  );
}
