import { requireText } from './require-text';
import { defineScorer } from './define-scorer';

/**
 * Whether the answer contains the expected text, or all of several. Case counts; for anything finer there is {@link matches}.
 * The metadata names what is missing.
 *
 * @throws ModelProviderError `SCORER_FAILED` if nothing, or an empty text, is expected: every answer contains that.
 * @example
 * includes(reply.text, 'Paris');
 * includes(reply.text, ['Paris', 'France']);
 */
export const includes = defineScorer('includes', (answer: string, expected: string | readonly string[]) => {
  const text = requireText('the answer', answer);
  const wanted = [expected].flat().map((item) => requireText('expected', item));
  if (wanted.length === 0 || wanted.includes(''))
    throw new TypeError('expected is empty; every answer contains that');
  const missing = wanted.filter((item) => !text.includes(item));
  return missing.length === 0 ? true : { value: false, metadata: { missing } };
});
