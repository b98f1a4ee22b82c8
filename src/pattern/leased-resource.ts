import { ModelProviderError } from './errors';
import { showValue } from './json';
import { isLeaseScope, type LeaseScope } from './lease-scope';
import { providerOf } from './model-providers';
import { currentRealm } from './realm';
import type { AnyProvider } from './registry';
import { ResourceHandle } from './resource-handle';
import type { ParsedRequest } from './resource-spec';
import { leaseInto } from './setup';

/** One resource of a block: its handle exists from the start, its lease from the first need. */
export class LeasedResource {
  readonly handle = new ResourceHandle();
  readonly request: ParsedRequest;
  /** Its name in `withClients`; undefined in `withClient`. */
  readonly key: string | undefined;

  constructor(request: ParsedRequest, key?: string) {
    this.request = request;
    this.key = key;
  }

  get label(): string {
    return this.request.label;
  }

  /** Whether the block is there to evaluate it: what `withClients` calls `model`, and any model of `withClient`. */
  get isEvaluated(): boolean {
    if (this.key !== undefined) return this.key === 'model';
    return currentRealm().host().modelNames.includes(this.request.provider);
  }

  /** Its provider, in this realm. */
  provider(): Promise<AnyProvider> {
    return providerOf(this.request);
  }

  /**
   * How long a block leases it for, where the block does not say.
   *
   * @throws ModelProviderError `PROVIDER_INVALID` if its provider says nonsense.
   */
  async scope(): Promise<LeaseScope> {
    const { provider, name, config } = this.request;
    const scope: unknown = (await this.provider()).defaultScope?.(name, config) ?? 'block';
    if (isLeaseScope(scope)) return scope;
    throw new ModelProviderError(
      'PROVIDER_INVALID',
      `defaultScope() of provider "${provider}" gave ${showValue(scope)}; it must give 'block' or 'test'.`,
    );
  }

  async lease(signal: AbortSignal): Promise<void> {
    const { name, config } = this.request;
    await leaseInto(this.handle, await this.provider(), { name, config, signal });
  }
}
