import { requireText } from './require-text';
import { defineScorer } from './define-scorer';

/**
 * Whether the answer is the expected text, to the character, apart from white space around it. Case counts.
 *
 * @throws ModelProviderError `SCORER_FAILED` if one of them is no text.
 * @example
 * exactMatch(reply.text, '4');
 */
export const exactMatch = defineScorer(
  'exactMatch',
  (answer: string, expected: string) =>
    requireText('the answer', answer).trim() === requireText('expected', expected).trim(),
);
