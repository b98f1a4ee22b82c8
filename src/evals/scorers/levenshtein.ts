import { requireActual } from '../../base/actual';
import { compared, type ExpectedText } from './texts/expected-text';
import { defineScorer } from './define-scorer';
import { lookAlike } from './texts/look-alike';

const { distance } = requireActual('fastest-levenshtein') as typeof import('fastest-levenshtein');

/**
 * How alike the answer and the expected text are: 1 minus their edit distance over the length of the longer,
 * so 1 if they are equal and 0 if they have nothing in common. White space around them and reasoning before the
 * answer do not count; case does, unless you give `{ text, ignoring: ['case'] }`.
 *
 * @throws ModelProviderError `SCORER_FAILED` if one of them is no text, and if the expected one is empty.
 * @example
 * levenshtein('sitting', 'kitten'); // { name: 'levenshtein', value: 0.571…, metadata: { distance: 3 } }
 */
export const levenshtein = defineScorer('levenshtein', (answer: string, expected: string | ExpectedText) => {
  const { answer: text, expected: wanted } = compared(answer, expected);
  const [a, b] = [text.trim(), (wanted[0] as string).trim()];
  const edits = distance(a, b);
  const longer = Math.max(a.length, b.length);
  return { value: 1 - edits / longer, metadata: { distance: edits, ...lookAlike(a, b) } };
});
