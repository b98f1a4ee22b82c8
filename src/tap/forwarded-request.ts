import { URL } from '../base/real-globals';
import type { ModelConnection } from '../pattern/model-connection';
import type { TappedRequest } from '../pattern/tap-endpoint';
import { replayedHeader } from './replayed';

// Of the connection and not of the request: https://www.rfc-editor.org/rfc/rfc9110#name-connection. Of this address
// and not of the server: its host, its token and its cookies. An answer that is packed could not be read.
const dropped = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
  ...['accept-encoding', 'content-length', 'expect', 'forwarded', 'host', 'via'],
]);
const ofAddress = new Set(['api-key', 'authorization', 'cookie', 'proxy-authorization', 'x-api-key']);

/**
 * The headers with which a request of an application is passed on, the key of the model among them. Those of a client
 * are its own: it has the key.
 */
export function forwardedHeaders(
  { headers }: TappedRequest,
  { apiKey }: Pick<ModelConnection, 'apiKey'>,
  isOfClient = false,
): Record<string, string> {
  const forwarded: Record<string, string> = { 'accept-encoding': 'identity' };
  for (const [name, value] of Object.entries(headers)) {
    const isKept = !dropped.has(name) && (isOfClient || !ofAddress.has(name));
    if (isKept && !name.startsWith('x-forwarded-')) forwarded[name] = value;
  }
  if (isOfClient) return forwarded;
  if (apiKey !== '') forwarded['authorization'] = `Bearer ${apiKey}`;
  // Where Anthropic's SDKs put it: https://docs.anthropic.com/en/api/overview
  if (headers['x-api-key'] !== undefined) forwarded['x-api-key'] = apiKey;
  return forwarded;
}

/** The address of what was asked; undefined if it is not below the base URL. */
export function urlBelow(baseURL: string, path: string): string | undefined {
  const base = new URL(baseURL);
  const root = base.pathname.replace(/\/+$/, '');
  const address = `${base.origin}${root}${path}`;
  if (!URL.canParse(address)) return undefined;
  // Parsed, it has no `..` any more, in whatever way it was written.
  const { origin, pathname, search } = new URL(address);
  const isBelow = origin === base.origin && pathname.startsWith(`${root}/`);
  return isBelow ? `${base.origin}${pathname}${search}` : undefined;
}

// The answer goes on as it was unpacked, in pieces of its own.
const droppedOfAnswer = new Set([
  ...['connection', 'content-encoding', 'content-length', 'keep-alive', 'set-cookie', 'transfer-encoding'],
  // Ours alone to say.
  replayedHeader,
]);

/** The headers of an answer that the application gets. */
export function answeredHeaders(headers: Headers): Record<string, string> {
  const answered: Record<string, string> = {};
  for (const [name, value] of headers) if (!droppedOfAnswer.has(name)) answered[name] = value;
  return answered;
}
