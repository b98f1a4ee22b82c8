import { maxTimerMs } from './constraints';
import { ModelProviderError } from './errors';
import { jestGlobals } from './jest-globals';
import { LeasedBlock } from './leased-block';
import type { LeasedResource } from './leased-resource';
import { currentRealm } from './realm';

/** Options of {@link withClient} and {@link withClients}. */
export interface WithClientOptions {
  /** `block`, the default: one lease for the whole block. `test`: set up before and torn down after each test. */
  readonly scope?: 'block' | 'test';
}

/** What a user asked for. */
export interface BlockRequest {
  /** The function that was called, for messages. */
  readonly caller: 'withClient' | 'withClients';
  readonly resources: readonly LeasedResource[];
  readonly scope: 'block' | 'test';
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
export function checkCall(caller: string, options: WithClientOptions, fn: unknown): 'block' | 'test' {
  if (typeof fn !== 'function') {
    const [takes, gives] = caller === 'withClient' ? ['models', '(handle, model)'] : ['specs', '(handles)'];
    throw new ModelProviderError(
      'MODELS_INVALID',
      `${caller}(${takes}, fn) needs a function of ${gives} as its last argument.`,
    );
  }
  const { scope = 'block' }: { readonly scope?: unknown } = options;
  if (scope !== 'block' && scope !== 'test') {
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `${caller}(): scope is ${JSON.stringify(scope)}; it must be 'block' or 'test'.`,
    );
  }
  return scope;
}

function registerLeases({ caller, resources, scope, body }: BlockRequest): void {
  const { beforeAll, afterAll, beforeEach, afterEach } = jestGlobals();
  const block = new LeasedBlock(resources);
  const host = currentRealm().host();
  if (scope === 'test') {
    beforeEach(() => block.ready(), maxTimerMs);
    afterEach(() => block.teardown(), maxTimerMs);
  } else {
    // A block that holds evaluations only leases when its first sample needs it.
    host.registerLazily(() =>
      beforeAll(async () => {
        block.bind();
        if (host.blockNeedsLease()) await block.ready();
      }, maxTimerMs),
    );
    host.registerLazily(() => afterAll(() => block.teardown(), maxTimerMs));
  }
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
