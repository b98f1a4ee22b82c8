import { compared, type ExpectedText } from './texts/expected-text';
import { defineScorer, type Judgement } from './define-scorer';
import { lookAlike } from './texts/look-alike';

/**
 * Whether the answer is the expected text, to the character, apart from white space around it and reasoning
 * before it. Case counts, unless you give `{ text, ignoring: ['case'] }`. The metadata of an answer that looks
 * like the expected text shows what it `looksEqual` to, with escapes.
 *
 * @throws ModelProviderError `SCORER_FAILED` if one of them is no text, and if the expected one is empty.
 * @example
 * exactMatch(reply.text, '4');
 * exactMatch(reply.text, { text: 'Paris', ignoring: ['case', 'punctuation'] });
 */
export const exactMatch = defineScorer(
  'exactMatch',
  (answer: string, expected: string | ExpectedText): Judgement => {
    const { answer: text, expected: wanted } = compared(answer, expected);
    const [given, right] = [text.trim(), (wanted[0] as string).trim()];
    if (given === right) return true;
    const metadata = lookAlike(given, right);
    return metadata === undefined ? false : { value: false, metadata };
  },
);
