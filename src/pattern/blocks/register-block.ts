import { maxTimerMs } from '../constraints';
import { ModelProviderError } from '../../base/errors';
import { printable } from '../../base/printable';
import { jestGlobals } from './jest-globals';
import { isLeaseScope, type LeaseScope } from '../lease-scope';
import { LeasedBlock } from './leased-block';
import type { LeasedResource } from './leased-resource';
import { currentRuntime } from '../runtime';

/** Options of {@link withClient} and {@link withClients}. */
export interface WithClientOptions {
  /**
   * `block`: one lease for the whole block. `test`: set up before each test and torn down after it. It
   * applies to all resources of the block, whatever their providers say. By default each resource has the
   * scope of its provider, which is `block` for all but databases with `isolation: 'test'`.
   */
  // `LeaseScope` spelled out, so that the compiler's message about another value lists the allowed ones.
  readonly scope?: 'block' | 'test';
}

/** One call of {@link withClient}, for one model, or of {@link withClients}. */
export interface BlockRequest {
  /** The function that was called, for messages. */
  readonly caller: 'withClient' | 'withClients';
  readonly resources: readonly LeasedResource[];
  /** If undefined, each resource has the scope of its provider. */
  readonly scope: LeaseScope | undefined;
  /** The user's function, with its arguments. */
  readonly body: () => unknown;
}

/**
 * Registers nested `describe`s, one for each label, and in the innermost one the hooks of the leases and the
 * user's tests.
 */
export function registerBlock(block: BlockRequest): void {
  const { describe } = jestGlobals();
  const session = currentRuntime().session();
  const evaluated = block.resources.find(({ isEvaluated }) => isEvaluated);
  const isChosen = evaluated === undefined || (session.evals?.models?.includes(evaluated.label) ?? true);
  // Jest prints them as they are.
  const [outermost, ...inner] = block.resources.map(({ label }) => printable(label));
  const register = inner.reduceRight(
    (body, label) => () => describe(label, body),
    () => registerLeases(block),
  );
  (isChosen ? describe : describe.skip)(outermost ?? '', () => {
    if (evaluated !== undefined) session.noticeBlock(evaluated.request);
    register();
  });
}

/**
 * Checks the last two arguments of a call.
 *
 * @returns the scope of the block, if `options` has one.
 * @throws ModelProviderError `MODELS_INVALID` if `fn` is not a function, `CONFIG_INVALID` for another scope.
 */
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
  const session = currentRuntime().session();
  // All four hooks are needed: the scope of a resource is known only once its provider is loaded. An
  // evaluation leases by itself when its first sample needs the resource.
  session.registerLazily(() => {
    beforeAll(async () => {
      block.bind();
      if (session.blockNeedsLease()) await block.ready('block');
    }, maxTimerMs);
    beforeEach(async () => {
      if (session.testNeedsLease()) await block.ready('test');
    }, maxTimerMs);
    afterEach(() => block.teardown('test'), maxTimerMs);
    afterAll(() => block.teardown('block'), maxTimerMs);
  });
  const returned = block.collect(body);
  if (session.hasConcurrentTests()) block.noticeConcurrentTests();
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
