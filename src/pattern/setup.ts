import {
  deserializeError,
  isModelProviderError,
  localError,
  messageOf,
  ModelProviderError,
} from '../base/errors';
import { noteOrigin } from './lease-origin';
import { baseURLOf } from './model-connection';
import type { Recordings } from './recordings';
import type { ResourceRef } from './resource-spec';
import type { SessionLease } from './session-client';
import type { Json } from '../base/json';
import { AbortController } from '../base/real-globals';
import { keepSecretsIn } from '../base/secrets';
import type { ModelProvider } from './model-provider';
import { currentRuntime } from './runtime';
import type { AnyProvider } from './registry';
import type { TappedLease } from './tap';
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
  { name, config, signal }: SetupRequest,
): Promise<void> {
  const prefix = await prefixOf(provider);
  const ref = { provider: prefix, name, config };
  const recordings = provider.replayable ? currentRuntime().recordings() : undefined;
  const lease = await leaseOf(ref, signal, recordings);
  // The session knows them in its own realm.
  keepSecretsIn(lease.resourceId, lease.connection);
  const controller = new AbortController();
  noteOrigin(controller.signal, lease);
  lease.onLost((error) => controller.abort(deserializeError(error)));
  const spec = `${prefix}:${name}`;
  try {
    const leased = {
      ...{ spec, isModel: provider.isModel, connection: lease.connection, signal: controller.signal },
      recordedAs: recordings === undefined ? undefined : ref,
    };
    const client: unknown = await provider.createClient(clientConnection(leased), {
      resourceId: lease.resourceId,
      spec,
      signal: controller.signal,
      note: (message) => lease.note(message),
    });
    handle.activate({ leased, manager: provider as ModelProvider, lease, client, controller });
  } catch (error) {
    await lease.release().catch(() => undefined);
    if (isModelProviderError(error)) throw error;
    throw new ModelProviderError(
      'CLIENT_FAILED',
      `The client of "${spec}" could not be made: ${messageOf(error)}`,
      { cause: error, details: { resourceId: lease.resourceId } },
    );
  }
}

/** A lease of what there is, or, where nothing is asked but recordings, of what is recorded. */
async function leaseOf(
  ref: ResourceRef,
  signal: AbortSignal | undefined,
  recordings: Recordings | undefined,
): Promise<SessionLease> {
  if (recordings?.isReplay === true) return recordings.leaseOf(ref);
  try {
    const session = currentRuntime().session();
    const identity = recordings === undefined ? null : await session.identify(ref);
    const lease = await session.lease({ ...ref, config: ref.config, signal });
    recordings?.present(ref, { identity, connection: lease.connection, facts: lease.facts });
    return lease;
  } catch (error) {
    throw localError(error);
  }
}

/** How its client reaches it: where its calls are recorded, through an address of this run. */
function clientConnection(leased: TappedLease): Json {
  if (leased.recordedAs === undefined) return leased.connection;
  const tap = currentRuntime().tap();
  if (tap !== undefined && baseURLOf(leased.connection) !== undefined) return tap.clientConnection(leased);
  throw new ModelProviderError(
    'PROVIDER_INVALID',
    `The calls of "${leased.spec}" cannot be recorded, since its connection has no baseURL: give it one, or leave replayable out of its provider.`,
  );
}

/** The prefix of `provider` in this realm. A provider that has none is registered. */
async function prefixOf(provider: AnyProvider): Promise<string> {
  const runtime = currentRuntime();
  return (await runtime.registry()).prefixOf(provider) ?? runtime.session().adopt(provider);
}
