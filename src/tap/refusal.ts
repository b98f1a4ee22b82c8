import { TextEncoder } from '../base/real-globals';
import type { TappedAnswer } from '../pattern/tap-endpoint';

/** Why an application gets no answer of the model. */
export interface Refusal {
  readonly status: number;
  /** For programs: `sample_ended`. */
  readonly code: string;
  readonly message: string;
  /** Whether an SDK may send the request again. */
  readonly mayBeRepeated?: boolean;
}

/**
 * A refusal in the form of both APIs. The SDKs of both repeat no request that must not be.
 * https://platform.openai.com/docs/guides/error-codes https://docs.anthropic.com/en/api/errors
 */
export function refusalAnswer({ status, code, message, mayBeRepeated = false }: Refusal): TappedAnswer {
  const error = { message, type: 'jest_model_provider', param: null, code };
  const text = JSON.stringify({ type: 'error', error });
  return {
    status,
    headers: { 'content-type': 'application/json', 'x-should-retry': String(mayBeRepeated) },
    body: [new TextEncoder().encode(text)],
  };
}

/** What is not meant for the model. */
export const notBelow: Refusal = {
  status: 404,
  code: 'not_below_base_url',
  message: 'Nothing but what is below the base URL of a connection, which ends with /v1, is passed on.',
};

/** What nobody may be asked, since only recordings are. */
export function notRecorded({ message }: { readonly message: string }): Refusal {
  return { status: 424, code: 'recording_missing', message };
}

/** What every request gets whose token is not, or no longer, that of anything. */
export const ended: Refusal = {
  status: 410,
  code: 'sample_ended',
  message:
    'What this address was made for has ended: a sample, a test or a block of jest-model-provider. Nothing is sent to the model any more.',
};
