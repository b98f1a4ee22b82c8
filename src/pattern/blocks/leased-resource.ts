import { ModelProviderError } from '../../base/errors';
import { showValue } from '../../base/json';
import { isLeaseScope, type LeaseScope } from '../lease-scope';
import { providerOf } from '../model-providers';
import { currentRuntime } from '../runtime';
import type { AnyProvider } from '../registry';
import { ResourceHandle } from '../resource-handle';
import type { ParsedRequest } from '../resource-spec';
import { leaseInto } from '../setup';

/** One resource of a block. Its handle exists from the start; it is leased when it is first needed. */
export class LeasedResource {
  readonly handle: ResourceHandle;
  readonly request: ParsedRequest;
  /** Its name in `withClients`; undefined in `withClient`. */
  readonly key: string | undefined;

  constructor(request: ParsedRequest, key?: string) {
    this.request = request;
    this.key = key;
    this.handle = new ResourceHandle({ isModel: this.isModel });
  }

  get label(): string {
    return this.request.label;
  }

  /** Whether the block evaluates it: any model of `withClient`, and `model` of `withClients`. */
  get isEvaluated(): boolean {
    if (this.key !== undefined) return this.key === 'model';
    return this.isModel;
  }

  /** Whether its provider's resources are models. */
  get isModel(): boolean {
    return currentRuntime().session().modelNames.includes(this.request.provider);
  }

  /** Its provider, in this realm. */
  provider(): Promise<AnyProvider> {
    return providerOf(this.request);
  }

  /**
   * For how long a block leases it, unless the block's own `scope` says so.
   *
   * @throws ModelProviderError `PROVIDER_INVALID` if its provider gives no {@link LeaseScope}.
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
