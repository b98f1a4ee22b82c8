import type { IncomingMessage } from 'node:http';
import { ApiError } from './api-error';

/** The largest body that is read, in bytes. */
export const bodyLimit = 1024 * 1024;

/**
 * Above this limit the connection is closed without reading on. Below it the rest is discarded, since a
 * client reads the refusal only after it has sent its body.
 */
const discardLimit = 64 * 1024 * 1024;

/** A JSON object with values of any kind. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object: not null, not an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads a request's body as a JSON object.
 *
 * @throws {@link ApiError} with status 413 above {@link bodyLimit} bytes, 400 when it is not a JSON object
 */
export async function readJsonObject(request: IncomingMessage): Promise<JsonObject> {
  const text = (await readBody(request)).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ApiError(400, 'invalid_request_error', `the body is not valid JSON: ${reason}`, {
      code: 'invalid_json',
    });
  }
  if (isJsonObject(value)) return value;
  throw new ApiError(400, 'invalid_request_error', 'the body is not a JSON object', { code: 'invalid_json' });
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= bodyLimit) chunks.push(chunk);
    else chunks.length = 0;
    if (length > discardLimit) break;
  }
  if (length <= bodyLimit) return Buffer.concat(chunks);
  const problem = `the body has more than ${bodyLimit} bytes, the most that this server reads`;
  throw new ApiError(413, 'invalid_request_error', problem, { code: 'request_too_large' });
}
