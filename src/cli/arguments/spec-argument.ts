import { messageOf, ModelProviderError } from '../../base/errors';
import type { Json } from '../../base/json';

/** The value of a `<spec>` argument: a resource spec, or the JSON of `{ spec, config }`. */
export function parseSpecArgument(text: string): Json {
  if (!text.startsWith('{')) return text;
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new ModelProviderError(
      'SPEC_INVALID',
      `${text} is no JSON of { spec, config }: ${messageOf(error)}`,
    );
  }
}
