import { maxTimerMs } from './constraints';
import { ModelProviderError } from './errors';
import { jestGlobals } from './jest-globals';
import { isLeaseScope, type LeaseScope } from './lease-scope';
import { LeasedBlock } from './leased-block';
import type { LeasedResource } from './leased-resource';
import { currentRealm } from './realm';

/** Options of {@link withClient} and {@link withClients}. */
export interface WithClientOptions {
  /**
   * `block`: one lease for the whole block. `test`: set up before and torn down after each test. It holds for all resources of the
   * block, whatever their providers say; by default each has the scope of its provider, which is `block` for all but databases with
   * `isolation: 'test'`.
   */
  // Spelled out, so that the compiler's message about another value says what there is.
  readonly scope?: 'block' | 'test';
}

/** What a user asked for. */
export interface BlockRequest {
  /** The function that was called, for messages. */
  readonly caller: 'withClient' | 'withClients';
  readonly resources: readonly LeasedResource[];
  /** Undefined for that of each resource's provider. */
  readonly scope: LeaseScope | undefined;
  /** The user's function, with its arguments. */
  readonly body: () => unknown;
}

/** Registers a `describe` for each label, one within the other, and in the innermost the leases and the user's tests. */
export function registerBlock(block: BlockRequest): void {
  const { describe } = jestGlobals();
  const host = currentRealm().host();
  const evaluated = block.resources.find(({ isEvaluated }) => isEvaluated);
  const isChosen = evaluated === undefined || (host.evals?.models?.includes(evaluated.label) ?? true);
  const [outermost, ...inner] = block.resources.map(({ label }) => label);
  const register = inner.reduceRight(
    (body, label) => () => describe(label, body),
    () => registerLeases(block),
  );
  (isChosen ? describe : describe.skip)(outermost ?? '', () => {
    if (evaluated !== undefined) host.noticeBlock(evaluated.request);
    register();
  });
}

/** Checks the last two arguments of a call. */
export function checkCall(caller: string, options: WithClientOptions, fn: unknown): LeaseScope | undefined {
  if (typeof fn !== 'function') {
    const [takes, gives] = caller === 'withClient' ? ['models', '(handle, model)'] : ['specs', '(handles)'];
    throw new ModelProviderError(
      'MODELS_INVALID',
      `${caller}(${takes}, fn) needs a function of ${gives} as its last argument.`,
    );
  }
  const { scope }: { readonly scope?: unknown } = options;
  if (scope !== undefined && !isLeaseScope(scope)) {
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `${caller}(): scope is ${JSON.stringify(scope)}; it must be 'block' or 'test'.`,
    );
  }
  return scope;
}

function registerLeases({ caller, resources, scope, body }: BlockRequest): void {
  const { beforeAll, afterAll, beforeEach, afterEach } = jestGlobals();
  const block = new LeasedBlock(resources, scope);
  const host = currentRealm().host();
  // Which scope a resource has is known when its provider is loaded. Evaluations lease when their first sample needs it.
  host.registerLazily(() => {
    beforeAll(async () => {
      block.bind();
      if (host.blockNeedsLease()) await block.ready('block');
    }, maxTimerMs);
    beforeEach(async () => {
      if (host.testNeedsLease()) await block.ready('test');
    }, maxTimerMs);
    afterEach(() => block.teardown('test'), maxTimerMs);
    afterAll(() => block.teardown('block'), maxTimerMs);
  });
  const returned = block.collect(body);
  if (returned === undefined) return;
  const title = resources.map(({ label }) => label).join(', ');
  const isPromise = isThenable(returned);
  throw new ModelProviderError(
    'CONFIG_INVALID',
    isPromise
      ? `${caller}(): the function for "${title}" is async, but Jest collects tests synchronously: make it a plain function and await inside tests and hooks.`
      : `${caller}(): the function for "${title}" returned ${typeof returned}; it must return nothing, for Jest would ignore it.`,
  );
}

function isThenable(value: unknown): boolean {
  return typeof (value as { then?: unknown } | null)?.then === 'function';
}
