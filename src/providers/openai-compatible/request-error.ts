import { isModelProviderError, messageWithCauses, ModelProviderError } from '../../base/errors';
import { printable } from '../../base/printable';
import type { ModelConnection } from '../../pattern/model-connection';

/** A request without an answer, as an error that names the model and every cause. */
export function requestError(error: unknown, { baseURL, model }: ModelConnection): Error {
  if (isModelProviderError(error)) return error;
  const said = printable(messageWithCauses(error));
  return new ModelProviderError('REQUEST_FAILED', `"${model}" got no answer from ${baseURL}: ${said}`, {
    cause: error,
    details: { model, baseURL },
  });
}
