import { isModelProviderError, messageOf, ModelProviderError } from '../../pattern/errors';
import type { ModelConnection } from './client';

/** What the SDK's errors may hold; `error` is the body of an answer, or of an event in the middle of a stream. */
interface SdkError {
  readonly status?: number;
  readonly type?: string | null;
  readonly code?: string | null;
  readonly error?: unknown;
  readonly headers?: Headers;
}

/** Whether a request failed without any word of its server. */
export function isSocketError(error: unknown): boolean {
  const { status, error: body } = error as SdkError;
  return !isModelProviderError(error) && status === undefined && body === undefined;
}

/** A failed request as an error that names the model, the status and the server's own words, and never the key. */
export function requestError(error: unknown, { baseURL, apiKey, model }: ModelConnection): Error {
  if (isModelProviderError(error)) return error;
  const { status, type, code, headers } = error as SdkError;
  const retryAfterMs = readRetryAfter(headers?.get('retry-after'));
  const message = messageOf(error);
  const said = clean(message, apiKey);
  const what = isSocketError(error)
    ? `got no answer from ${baseURL}: ${said.replace(/\.$/, '')}${causeOf(error)}`
    : `answered ${said}`;
  return new ModelProviderError('REQUEST_FAILED', `"${model}" ${what}`, {
    // Test runners print causes: one that quotes the key is left out.
    cause: said === message ? error : undefined,
    details: {
      model,
      baseURL,
      ...(status === undefined ? {} : { status }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(type == null ? {} : { type }),
      ...(code == null ? {} : { serverCode: code }),
    },
  });
}

/** Milliseconds. Seconds, or a date: https://www.rfc-editor.org/rfc/rfc9110#name-retry-after */
export function readRetryAfter(value: string | null | undefined): number | undefined {
  if (value == null || value === '') return undefined;
  const seconds = Number(value);
  const ms = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

function causeOf(error: unknown): string {
  const cause = (error as { cause?: { code?: string; message?: string; cause?: { code?: string } } }).cause;
  const code = cause?.code ?? cause?.cause?.code;
  return code === undefined ? '' : ` (${code})`;
}

function clean(text: string, apiKey: string): string {
  return apiKey.length < 6 ? text : text.replaceAll(apiKey, '[redacted]');
}
