import { isModelProviderError, messageOf, ModelProviderError } from '../../pattern/errors';
import type { ModelConnection } from './client';

/** A failed request as an error that names the model, the status and the server's own words, and never the key. */
export function requestError(error: unknown, { baseURL, apiKey, model }: ModelConnection): Error {
  if (isModelProviderError(error)) return error;
  const { status, type, code } = error as { status?: number; type?: string; code?: string };
  const said = clean(messageOf(error), apiKey);
  const what =
    status === undefined
      ? `could not be reached at ${baseURL}: ${said}${causeOf(error)}`
      : `answered ${said}`;
  return new ModelProviderError('REQUEST_FAILED', `"${model}" ${what}`, {
    cause: error,
    details: {
      model,
      baseURL,
      ...(status === undefined ? {} : { status }),
      ...(type == null ? {} : { type }),
      ...(code == null ? {} : { serverCode: code }),
    },
  });
}

function causeOf(error: unknown): string {
  const cause = (error as { cause?: { code?: string; message?: string; cause?: { code?: string } } }).cause;
  const code = cause?.code ?? cause?.cause?.code;
  return code === undefined ? '' : ` (${code})`;
}

function clean(text: string, apiKey: string): string {
  return apiKey.length < 6 ? text : text.replaceAll(apiKey, '[redacted]');
}
