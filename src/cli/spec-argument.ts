import { messageOf, ModelProviderError } from '../pattern/errors';
import type { Json } from '../pattern/json';

/** What a `<spec>` of the command line says: a resource spec, or the JSON of `{ spec, config }`. */
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
