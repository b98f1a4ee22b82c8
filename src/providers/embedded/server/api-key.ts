import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ApiError } from './api-error';

/**
 * Lets a request pass that states the key as `Authorization: Bearer …`, or any request when there is no key.
 *
 * @throws `ApiError` with status 401
 */
export function requireApiKey(request: IncomingMessage, apiKey: string | undefined): void {
  if (apiKey === undefined) return;
  const stated = /^Bearer +(.*)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
  // Digests have equal lengths, so the time of the comparison reveals nothing about the key.
  if (timingSafeEqual(digest(stated), digest(apiKey))) return;
  const message = 'the API key is missing or wrong: send it as Authorization: Bearer <key>';
  throw new ApiError(401, 'authentication_error', message, { code: 'invalid_api_key' });
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
