import { ModelProviderError } from '../../base/errors';
import { parseRequest, type ParsedRequest } from '../resource-spec';

/**
 * Checks a list of models. Without `known`, any prefix is accepted.
 *
 * @param by the function that took the list, for messages.
 * @throws ModelProviderError `MODELS_INVALID` if it is not an array, is empty, or has a label twice;
 *   `SPEC_INVALID` and `PROVIDER_UNKNOWN` as {@link parseRequest} does.
 */
export function parseModels(
  models: unknown,
  known: readonly string[] | undefined,
  by = 'withClient()',
): ParsedRequest[] {
  if (!Array.isArray(models)) {
    throw new ModelProviderError(
      'MODELS_INVALID',
      `${by} takes a list of models, for example ["embedded:expert"], not ${typeof models}.`,
    );
  }
  if (models.length === 0) {
    throw new ModelProviderError(
      'MODELS_INVALID',
      `${by} got an empty list of models, so it would test nothing: give it at least one, for example ["embedded:expert"].`,
    );
  }
  const requests = models.map((model) => parseRequest(model, known));
  const labels = requests.map((request) => request.label);
  const twice = labels.find((label, index) => labels.indexOf(label) !== index);
  if (twice !== undefined) {
    throw new ModelProviderError(
      'MODELS_INVALID',
      `${by} got "${twice}" twice: remove one, or give the entries different labels, { spec, config, label }.`,
      { details: { label: twice } },
    );
  }
  return requests;
}
