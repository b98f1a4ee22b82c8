import { compared, type TextOptions } from './texts/expected-text';
import { defineScorer } from './define-scorer';

/** Texts that an answer must contain, and how they are compared. */
export interface ExpectedParts extends TextOptions {
  readonly text: string | readonly string[];
}

/**
 * Whether the answer contains the expected text, or all of several; reasoning before it does not count. Case
 * counts, unless you give `{ text, ignoring: ['case'] }`; for anything finer there is {@link matches}. The
 * metadata names what is missing.
 *
 * @throws ModelProviderError `SCORER_FAILED` if nothing, or an empty text, is expected: every answer contains
 *   that.
 * @example
 * includes(reply.text, 'Paris');
 * includes(reply.text, ['Paris', 'France']);
 * includes(reply.text, { text: ['Paris', 'France'], ignoring: ['case'] });
 */
export const includes = defineScorer(
  'includes',
  (answer: string, expected: string | readonly string[] | ExpectedParts) => {
    const { answer: text, expected: wanted, given } = compared(answer, expected);
    const missing = given.filter((_, index) => !text.includes(wanted[index] as string));
    return missing.length === 0 ? true : { value: false, metadata: { missing } };
  },
);
