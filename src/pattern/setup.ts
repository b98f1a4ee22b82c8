import {
  deserializeError,
  isModelProviderError,
  localError,
  messageOf,
  ModelProviderError,
} from '../base/errors';
import { noteOrigin } from './lease-origin';
import type { SessionLease } from './session-client';
import type { Json } from '../base/json';
import { AbortController } from '../base/real-globals';
import { keepSecretsIn } from '../base/secrets';
import type { ModelProvider } from './model-provider';
import { currentRuntime } from './runtime';
import type { AnyProvider } from './registry';
import type { ResourceHandle } from './resource-handle';

interface SetupRequest {
  readonly name: string;
  readonly config?: Json | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The only way to a resource: leases it from the session, makes the client in this realm, and puts both into
 * `handle`. If the client cannot be made, the lease is given back at once.
 */
export async function leaseInto(
  handle: ResourceHandle,
  provider: AnyProvider,
  request: SetupRequest,
): Promise<void> {
  const prefix = await prefixOf(provider);
  const lease = await leaseFrom(prefix, request);
  // The session knows them in its own realm.
  keepSecretsIn(lease.resourceId, lease.connection);
  const controller = new AbortController();
  noteOrigin(controller.signal, lease);
  lease.onLost((error) => controller.abort(deserializeError(error)));
  try {
    const client: unknown = await provider.createClient(lease.connection, {
      resourceId: lease.resourceId,
      spec: `${prefix}:${request.name}`,
      signal: controller.signal,
      note: (message) => lease.note(message),
    });
    handle.activate({
      spec: `${prefix}:${request.name}`,
      manager: provider as ModelProvider,
      lease,
      client,
      controller,
    });
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

async function leaseFrom(provider: string, request: SetupRequest): Promise<SessionLease> {
  try {
    return await currentRuntime()
      .session()
      .lease({ provider, name: request.name, config: request.config, signal: request.signal });
  } catch (error) {
    throw localError(error);
  }
}

/** The prefix of `provider` in this realm. A provider that has none is registered. */
async function prefixOf(provider: AnyProvider): Promise<string> {
  const runtime = currentRuntime();
  return (await runtime.registry()).prefixOf(provider) ?? runtime.session().adopt(provider);
}
