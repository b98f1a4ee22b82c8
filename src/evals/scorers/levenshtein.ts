import { distance } from 'fastest-levenshtein';
import { requireText } from './require-text';
import { defineScorer } from './define-scorer';

/**
 * How alike the answer and the expected text are: 1 minus their edit distance over the length of the longer, so 1 if they are
 * equal and 0 if they have nothing in common. White space around them does not count, case does.
 *
 * @throws ModelProviderError `SCORER_FAILED` if one of them is no text.
 * @example
 * levenshtein(reply.text, 'kitten'); // { name: 'levenshtein', value: 0.571…, metadata: { distance: 3 } } for "sitting"
 */
export const levenshtein = defineScorer('levenshtein', (answer: string, expected: string) => {
  const [a, b] = [requireText('the answer', answer).trim(), requireText('expected', expected).trim()];
  const edits = distance(a, b);
  const longer = Math.max(a.length, b.length);
  return { value: longer === 0 ? 1 : 1 - edits / longer, metadata: { distance: edits } };
});
