import { kindOf } from '../../base/kind-of';
import { requireKnown } from '../../base/require-known';
import { answerText, type ReasoningChoice } from './texts/answer-text';
import { requireText } from './texts/require-text';
import { defineScorer, type Judgement } from './define-scorer';
import { letterOf, takeChoice } from './texts/take-choice';

/** The right one of the choices that a question gave. */
export interface ExpectedChoice extends ReasoningChoice {
  /** Its letter or its text. */
  readonly answer: string;
  /** The texts of all choices; the first is A. With them an answer may also be given by its text. */
  readonly choices: readonly string[];
}

/**
 * Whether the answer takes the right one of several choices, by its letter (`B`, `(b)`, `B) Rome`,
 * `The answer is B.`) or, if the choices are given, by its text. An answer that takes none, or several, is
 * wrong. The metadata has the letter that was `taken`, or null.
 *
 * @throws ModelProviderError `SCORER_FAILED` if what is expected is no letter and none of the choices, and if two
 *   of these have one text, case aside.
 * @example
 * choice(reply.text, 'B');
 * choice(reply.text, { answer: 'Rome', choices: ['Paris', 'Rome', 'Oslo'] });
 */
export const choice = defineScorer('choice', judge);

function judge(answer: string, expected: string | ExpectedChoice): Judgement {
  const { letter, choices, options } = parseExpected(expected);
  const taken = takeChoice(answerText(answer, options), choices) ?? null;
  return { value: taken === letter, metadata: { taken } };
}

function parseExpected(expected: unknown): {
  letter: string;
  choices: readonly string[];
  options: ReasoningChoice;
} {
  if (typeof expected === 'string') return { letter: requireLetter(expected, []), choices: [], options: {} };
  const { answer, choices } = (expected ?? {}) as { answer?: unknown; choices?: unknown };
  if (typeof answer !== 'string' || !Array.isArray(choices) || choices.length < 2 || choices.length > 26)
    throw new TypeError(
      `expected is ${kindOf(expected)}; it must be a letter, or { answer, choices } with 2 to 26 choices`,
    );
  requireKnown(expected as object, ['answer', 'choices', 'reasoning']);
  const texts = choices.map((text) => requireText('a choice', text));
  requireDifferent(texts);
  return { letter: requireLetter(answer, texts), choices: texts, options: expected as ReasoningChoice };
}

/** An answer that gives a choice by its text may write it in any case. */
function requireDifferent(choices: readonly string[]): void {
  const read = choices.map((text) => text.normalize('NFKC').trim().toLowerCase());
  const again = read.findIndex((text, index) => read.indexOf(text) !== index);
  if (again === -1) return;
  const both = [choices[read.indexOf(read[again] as string)], choices[again]].map((text) =>
    JSON.stringify(text),
  );
  throw new TypeError(
    `choices has ${both.join(' and ')}, which no answer can tell apart; give each choice a text of its own, or the letter alone`,
  );
}

function requireLetter(answer: string, choices: readonly string[]): string {
  const index = choices.indexOf(answer);
  if (index !== -1) return letterOf(index);
  const letter = answer.trim().toUpperCase();
  const last = letterOf(choices.length === 0 ? 25 : choices.length - 1);
  if (/^[A-Z]$/.test(letter) && letter <= last) return letter;
  throw new TypeError(
    `expected is ${JSON.stringify(answer)}; it must be a letter from A to ${last}${
      choices.length === 0 ? '' : ' or one of the choices'
    }`,
  );
}
