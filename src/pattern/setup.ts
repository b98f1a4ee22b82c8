import { deserializeError, isModelProviderError, localError, messageOf, ModelProviderError } from './errors';
import type { HostLease } from './host';
import type { Json } from './json';
import type { ModelProvider } from './model-provider';
import { currentRealm } from './realm';
import type { AnyProvider } from './registry';
import type { ResourceHandle } from './resource-handle';

interface SetupRequest {
  readonly name: string;
  readonly config?: Json | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The one road to a resource: leases it from the host, makes the client in this realm, and puts both into `handle`.
 * If the client cannot be made the lease goes back at once.
 */
export async function leaseInto(
  handle: ResourceHandle,
  provider: AnyProvider,
  request: SetupRequest,
): Promise<void> {
  const prefix = await prefixOf(provider);
  const lease = await leaseFrom(prefix, request);
  const controller = new AbortController();
  lease.onLost((error) => controller.abort(deserializeError(error)));
  try {
    const client: unknown = await provider.createClient(lease.connection, {
      resourceId: lease.resourceId,
      signal: controller.signal,
    });
    handle.activate({ manager: provider as ModelProvider, lease, client, controller });
  } catch (error) {
    await lease.release().catch(() => undefined);
    if (isModelProviderError(error)) throw error;
    throw new ModelProviderError(
      'CLIENT_FAILED',
      `The client of "${prefix}:${request.name}" could not be made: ${messageOf(error)}`,
      { cause: error, details: { resourceId: lease.resourceId } },
    );
  }
}

async function leaseFrom(provider: string, request: SetupRequest): Promise<HostLease> {
  try {
    return await currentRealm()
      .host()
      .lease({ provider, name: request.name, config: request.config, signal: request.signal });
  } catch (error) {
    throw localError(error);
  }
}

/** The prefix under which this realm knows `provider`. */
async function prefixOf(provider: AnyProvider): Promise<string> {
  const realm = currentRealm();
  return (await realm.registry()).prefixOf(provider) ?? realm.host().adopt(provider);
}
