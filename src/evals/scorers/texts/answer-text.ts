import { withoutReasoning } from '../../../answers/reasoning';
import { requireText } from './require-text';

/** What a scorer of texts does with the reasoning before an answer. */
export interface ReasoningChoice {
  /** By default the reasoning at the beginning of an answer is not judged; `'keep'` judges it too. */
  readonly reasoning?: 'keep';
}

/**
 * The text of an answer that is judged.
 *
 * @throws TypeError if the answer is no text, or the option is neither `'keep'` nor left out.
 */
export function answerText(answer: unknown, options: ReasoningChoice = {}): string {
  const text = requireText('the answer', answer);
  const { reasoning }: { reasoning?: unknown } = options;
  if (reasoning === undefined) return withoutReasoning(text);
  if (reasoning !== 'keep')
    throw new TypeError(`reasoning is ${JSON.stringify(reasoning)}; it must be 'keep', or left out`);
  return text;
}
