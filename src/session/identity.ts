import type { Json } from '../pattern/json';
import type { ProviderRegistry } from '../pattern/registry';
import type { IdentityRequest } from './session-connection';

/**
 * What the answers of a resource depend on, as its provider knows without starting it.
 *
 * @throws ModelProviderError `PROVIDER_UNKNOWN`, and what the provider throws.
 */
export async function identityOf(
  registry: ProviderRegistry,
  { provider: prefix, name, config }: IdentityRequest,
): Promise<Json> {
  const provider = registry.require(prefix, `${prefix}:${name}`);
  return (await provider.identity?.(name, config)) ?? null;
}
