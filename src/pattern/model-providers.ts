import type { ClientOf, ConnectionOf } from './client-types';
import { ModelProviderError } from '../base/errors';
import type { Json } from '../base/json';
import { LazyHandle } from './lazy-handle';
import { type SetupOptions } from './model-provider';
import { currentRuntime } from './runtime';
import type { AnyProvider } from './registry';
import type { ResourceHandle } from './resource-handle';
import { parseRequest, type ParsedRequest } from './resource-spec';
import { teardownEach } from './teardown-each';

/** All providers of the session behind one interface: resources are named by spec, `provider:name`. */
export interface ModelProviders {
  /**
   * Leases a resource, starting it if need be. The caller owns the handle and tears it down.
   *
   * @throws ModelProviderError `SPEC_INVALID`, `PROVIDER_UNKNOWN`, and what {@link ModelProvider.setup}
   *   throws.
   * @example
   * const handle = await modelProviders.setup('embedded:expert');
   * try { await handle.client.generate('test'); } finally { await handle.teardown(); }
   */
  setup<Spec extends string>(
    spec: Spec,
    config?: Json,
    options?: SetupOptions,
  ): Promise<ResourceHandle<ClientOf<Spec>, ConnectionOf<Spec>>>;
  /**
   * A handle that sets the resource up at its first `get()`, or never. The caller owns it and tears it down.
   *
   * @throws ModelProviderError `SPEC_INVALID`, `PROVIDER_UNKNOWN`, at once.
   */
  request<Spec extends string>(spec: Spec, config?: Json): LazyHandle<ClientOf<Spec>, ConnectionOf<Spec>>;
  /**
   * Releases the caller's own leases on the resource of that id; does nothing if there are none.
   *
   * @throws ModelProviderError `TEARDOWN_FAILED`.
   */
  teardown(resourceId: string): Promise<void>;
  /**
   * Releases all of the caller's own leases. One failure never stops the others.
   *
   * @throws ModelProviderError `TEARDOWN_FAILED` with all failures.
   */
  teardownAll(): Promise<void>;
}

/** See {@link ModelProviders}. It works in specs, in `globalSetup` files and in scripts. */
export const modelProviders: ModelProviders = {
  async setup(spec, config, options) {
    currentRuntime().session().enterOwner();
    return setupParsed(parse(spec, config), options) as Promise<
      ResourceHandle<ClientOf<typeof spec>, ConnectionOf<typeof spec>>
    >;
  },
  request(spec, config) {
    const request = parse(spec, config);
    return new LazyHandle(
      () => setupParsed(request) as Promise<ResourceHandle<ClientOf<typeof spec>, ConnectionOf<typeof spec>>>,
    );
  },
  async teardown(resourceId) {
    await teardownEach(
      (await providers()).map((provider) => ({ teardown: () => provider.teardown(resourceId) })),
    );
  },
  async teardownAll() {
    await teardownEach((await providers()).map((provider) => ({ teardown: () => provider.teardownAll() })));
  },
};

/** Sets up a request whose spec is checked already. */
export async function setupParsed(request: ParsedRequest, options?: SetupOptions): Promise<ResourceHandle> {
  return (await providerOf(request)).setup(request.name, request.config, options) as Promise<ResourceHandle>;
}

/** The provider that a parsed request names, in this realm. */
export async function providerOf(request: ParsedRequest): Promise<AnyProvider> {
  const provider = (await currentRuntime().registry()).get(request.provider);
  if (provider !== undefined) return provider;
  throw new ModelProviderError(
    'PROVIDER_UNKNOWN',
    `Provider "${request.provider}" of "${request.spec}" is known to the session but not to this spec: does the provider module export the same providers every time it is loaded?`,
    { details: { provider: request.provider } },
  );
}

function parse(spec: string, config: Json | undefined): ParsedRequest {
  return parseRequest(
    config === undefined ? spec : { spec, config },
    currentRuntime().session().providerNames,
  );
}

async function providers(): Promise<AnyProvider[]> {
  return (await currentRuntime().registry()).all();
}
