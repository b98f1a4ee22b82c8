import { isModelProviderError, ModelProviderError } from '../../base/errors';
import { parseRequest, type ParsedRequest } from '../resource-spec';

const example = '{ model: "embedded:expert", judge: "openai:gpt-4o-mini" }';

/**
 * Checks the named resources of a block.
 *
 * @returns the resources with their names, in the order in which the user wrote them.
 * @throws ModelProviderError `MODELS_INVALID` if it is not an object or is empty; `SPEC_INVALID` and
 *   `PROVIDER_UNKNOWN` as {@link parseRequest} does, with the name before the message.
 */
export function parseNamedSpecs(specs: unknown, known: readonly string[]): [string, ParsedRequest][] {
  if (typeof specs !== 'object' || specs === null || Array.isArray(specs)) {
    const found = Array.isArray(specs) ? 'a list' : specs === null ? 'null' : typeof specs;
    throw new ModelProviderError(
      'MODELS_INVALID',
      `withClients() takes an object of specs by name, for example ${example}, not ${found}. For the same tests with one model after the other use withClient().`,
    );
  }
  const entries = Object.entries(specs);
  if (entries.length === 0) {
    throw new ModelProviderError(
      'MODELS_INVALID',
      `withClients() got an empty object: name at least one resource, for example ${example}.`,
    );
  }
  return entries.map(([name, spec]) => [name, parseNamed(name, spec, known)]);
}

function parseNamed(name: string, spec: unknown, known: readonly string[]): ParsedRequest {
  try {
    return parseRequest(spec, known);
  } catch (error) {
    if (!isModelProviderError(error)) throw error;
    const { code, message, details } = error;
    throw new ModelProviderError(code, `withClients(): ${name}: ${message}`, { details });
  }
}
