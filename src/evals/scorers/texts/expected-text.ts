import { kindOf } from '../../../base/kind-of';
import { requireKnown } from '../../../base/require-known';
import { answerText, type ReasoningChoice } from './answer-text';
import { requireText } from './require-text';

/** A difference that does not count when texts are compared. */
export type IgnoredDifference = 'case' | 'form' | 'punctuation' | 'whitespace';

/** How texts are compared. */
export interface TextOptions extends ReasoningChoice {
  /**
   * What does not count, nothing by default: `case`; `form`, two ways to write the same letters in Unicode,
   * such as full-width ones (NFKC); `punctuation`, which is left out but for what is part of a number (-5, 3.5);
   * `whitespace`, of which any amount is one space.
   */
  readonly ignoring?: readonly IgnoredDifference[];
}

/** A text that is expected, and how it is compared. */
export interface ExpectedText extends TextOptions {
  readonly text: string;
}

// But for what is part of a number, or 3.5 would be 35: what stands between digits, other than the comma of
// thousands, and the sign or the point before them.
const punctuation = /((?<=\d)(?!,\d{3}(?!\d))\p{P}(?=\d)|(?<![\p{L}\p{N}.])[-\u2010-\u2013.](?=\d))|\p{P}/gu;

// In the order in which they are applied: a full-width full stop is punctuation once it is a full stop.
const normalizers: Record<IgnoredDifference, (text: string) => string> = {
  form: (text) => text.normalize('NFKC'),
  // As full case folding does nearly: https://www.unicode.org/reports/tr44/#Casemapping
  case: (text) => text.toUpperCase().toLowerCase(),
  punctuation: (text) => text.replace(punctuation, '$1'),
  whitespace: (text) => text.replace(/\s+/gu, ' '),
};

/** What a scorer compares: the answer with each of the expected texts, all of them made comparable. */
export interface TextComparison {
  readonly answer: string;
  readonly expected: readonly string[];
  /** The expected texts as they were given. */
  readonly given: readonly string[];
}

/**
 * Makes an answer and what is expected of it comparable.
 *
 * @throws TypeError for what is no text, for an option that there is none of, and for an expected text of which
 *   nothing is left to compare: every answer would fit it, or none.
 */
export function compared(answer: unknown, expected: unknown): TextComparison {
  // Most expected values are plain texts, compared for every sample.
  if (typeof expected === 'string' && expected.trim() !== '')
    return { answer: answerText(answer), expected: [expected], given: [expected] };
  const { text, options } = parsed(expected);
  const given = [text].flat().map((one) => requireText('expected', one));
  const comparable = normalizer(options.ignoring ?? []);
  const texts = given.map(comparable);
  if (texts.length === 0 || texts.some((one) => one.trim() === ''))
    throw new TypeError('expected is empty; there is nothing to compare an answer with');
  return { answer: comparable(answerText(answer, options)), expected: texts, given };
}

function parsed(expected: unknown): { text: unknown; options: TextOptions } {
  if (typeof expected !== 'object' || expected === null || Array.isArray(expected))
    return { text: expected, options: {} };
  requireKnown(expected, ['text', 'ignoring', 'reasoning']);
  const { text, ...options } = expected as ExpectedText;
  return { text, options };
}

function normalizer(ignoring: unknown): (text: string) => string {
  const known = Object.keys(normalizers) as IgnoredDifference[];
  if (!Array.isArray(ignoring)) throw new TypeError(`ignoring is ${kindOf(ignoring)}; it must be a list`);
  const unknown: unknown = ignoring.find((name) => !known.includes(name as IgnoredDifference));
  if (unknown !== undefined)
    throw new TypeError(`ignoring has ${JSON.stringify(unknown)}; there are ${known.join(', ')}`);
  const steps = known.filter((name) => ignoring.includes(name));
  return (text) => steps.reduce((done, name) => normalizers[name](done), text);
}
