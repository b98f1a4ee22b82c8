import { isObject, parsedJson } from '../base/json';
import type { Answer, Received } from './answer';
import { noAnswer, refusalIn, refused, refusedWithin, type Asked } from './answer-error';
import { reasoningOf, textOf, textOr } from './content';
import { splitReasoning } from './reasoning';
import { readToolCalls } from './tool-calls';
import { readUsage } from './usage';

/** What becomes of the reasoning in a text. */
export type ReasoningOption = 'keep' | { readonly opened: true };

/**
 * Reads a whole answer to a request for a chat completion.
 *
 * @returns the answer, and the body that it was read from.
 * @throws ModelProviderError `REQUEST_FAILED` with the status and the server's words, or with what came where
 *   that is no completion.
 */
export function readAnswer(
  asked: Asked,
  received: Received,
  reasoning?: ReasoningOption,
): { answer: Answer; raw: unknown } {
  if (received.status >= 400) throw refused(asked, received);
  const raw = parsedJson(received.body);
  const refusal = refusalIn(raw);
  if (refusal !== undefined) throw refusedWithin(asked, received, refusal);
  const choice = firstChoice(raw);
  if (choice === undefined) throw noAnswer(asked, received, 'with what is no completion');
  requireNoError(asked, received, choice);
  const message = isObject(choice['message'])
    ? choice['message']
    : typeof choice['text'] === 'string'
      ? { content: choice['text'] }
      : undefined;
  if (message === undefined) throw noAnswer(asked, received, 'with a choice without a message');
  const text = textOf(message);
  if (text === undefined) throw noAnswer(asked, received, noText);
  return {
    raw,
    answer: {
      ...written(text, reasoningOf(message), reasoning),
      toolCalls: readToolCalls(message),
      refusal: textOr(message['refusal']) || undefined,
      finishReason: textOr(choice['finish_reason']),
      usage: isObject(raw) ? readUsage(raw['usage']) : undefined,
      model: isObject(raw) ? textOr(raw['model']) : '',
    },
  };
}

/** What is wrong with a content that has no text; see {@link textOf}. */
export const noText = 'with a content that is no text';

/** The first choice of an answer, or of a piece of one: that of index 0, wherever it stands. */
export function firstChoice(body: unknown): Readonly<Record<string, unknown>> | undefined {
  const choices: unknown = isObject(body) ? body['choices'] : undefined;
  if (!Array.isArray(choices)) return undefined;
  const choice: unknown = choices.find((one) => isObject(one) && one['index'] === 0) ?? choices[0];
  return isObject(choice) ? choice : undefined;
}

/**
 * Some servers put the error of an upstream into the choice, with what there was of the answer:
 * https://openrouter.ai/docs/api-reference/errors
 */
export function requireNoError(
  asked: Asked,
  received: Omit<Received, 'body'>,
  choice: Readonly<Record<string, unknown>>,
): void {
  const refusal = refusalIn(choice);
  if (refusal !== undefined) throw refusedWithin(asked, received, refusal);
  if (choice['finish_reason'] !== 'error') return;
  const message = 'that it ended with an error, and not which';
  throw refusedWithin(asked, received, { status: undefined, message, type: undefined, code: undefined });
}

/** A text and its reasoning, of which a server may send a part beside the text. */
export function written(
  text: string,
  beside: string,
  option: ReasoningOption | undefined,
): Pick<Answer, 'text' | 'reasoning'> {
  if (option === 'keep') return { text, reasoning: beside === '' ? undefined : beside };
  const split = splitReasoning(text, option?.opened === true && beside === '');
  const thoughts = [beside, split.reasoning ?? ''].filter((thought) => thought !== '');
  return {
    text: split.text,
    reasoning: beside === '' && split.reasoning === undefined ? undefined : thoughts.join('\n'),
  };
}
