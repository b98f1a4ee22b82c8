import { ModelProviderError } from '../base/errors';
import { isObject, type Json } from '../base/json';
import { baseURLOf, type ModelConnection } from '../pattern/model-connection';
import type { TapTarget } from '../pattern/tap';

/** The connection of a resource whose talk is HTTP below a base URL; undefined for any other. */
export function modelConnection(connection: Json | undefined): ModelConnection | undefined {
  const baseURL = baseURLOf(connection);
  if (baseURL === undefined || !isObject(connection)) return undefined;
  const { apiKey, model } = connection;
  return {
    baseURL,
    apiKey: typeof apiKey === 'string' ? apiKey : '',
    model: typeof model === 'string' ? model : '',
  };
}

/** An address of this run: what an application asks, and the key that it gives. */
export function tapAddress(origin: string, token: string): Pick<ModelConnection, 'baseURL' | 'apiKey'> {
  return { baseURL: `${origin}/s/${token}/v1`, apiKey: token };
}

/**
 * The connection to a resource by an address of this run. It can be made before the resource is leased: its fields
 * besides the address are known when it is.
 */
export function tappedConnection(
  target: TapTarget,
  address: Pick<ModelConnection, 'baseURL' | 'apiKey'>,
): Json {
  const connection = target.lease?.connection;
  if (connection !== undefined) return { ...(connection as { [key: string]: Json }), ...address };
  return {
    ...address,
    get model() {
      return modelNow(target);
    },
  };
}

function modelNow({ lease }: TapTarget): string {
  if (lease !== undefined) return modelConnection(lease.connection)?.model ?? '';
  throw new ModelProviderError(
    'HANDLE_NOT_READY',
    'handle.connection.model was read before the resource was set up: read it inside a test or hook. The address, handle.connection.baseURL, is known before.',
  );
}
