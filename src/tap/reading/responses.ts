import { textOr } from '../../answers/content';
import { isObject } from '../../base/json';
import type { TokenCounts } from '../../pattern/model-calls';
import { factsOfAnswer } from './answer-facts';
import type { AnswerShape, Fields } from './answer-shape';
import { counted, countOf, fieldOf } from './token-counts';

const ends = ['response.completed', 'response.incomplete', 'response.failed'];

/** https://platform.openai.com/docs/api-reference/responses */
export const responseShape: AnswerShape = {
  // The first and the last events hold the answer as it is then.
  add: (known, { response }) => (isObject(response) ? response : known),
  isWord: ({ type, delta }) => textOr(type).endsWith('.delta') && textOr(delta) !== '',
  isEnd: ({ type }) => ends.includes(textOr(type)),
  facts: (answer) => {
    const items = itemsOf(answer['output']);
    const parts = items.flatMap(({ content }) => itemsOf(content));
    const facts = factsOfAnswer({
      text: joined(parts, 'output_text', 'text'),
      toolCalls: items.filter(({ type }) => textOr(type).endsWith('_call')),
      refusal: joined(parts, 'refusal', 'refusal') || undefined,
      finishReason: finishReasonOf(answer),
      reasoning:
        joined(
          items.flatMap(({ summary }) => itemsOf(summary)),
          'summary_text',
          'text',
        ) || undefined,
      usage: undefined,
    });
    return { ...facts, ...usageOf(answer['usage']) };
  },
};

function finishReasonOf({ status, incomplete_details: incomplete }: Fields): string {
  if (status === 'completed') return 'stop';
  return textOr(fieldOf(incomplete, 'reason')) || textOr(status);
}

function usageOf(usage: unknown): { usage?: TokenCounts } {
  if (!isObject(usage)) return {};
  const { input_tokens: input, output_tokens: output, input_tokens_details: details } = usage;
  return counted(countOf(input), countOf(output), countOf(fieldOf(details, 'cached_tokens')));
}

function itemsOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function joined(parts: readonly Fields[], type: string, field: string): string {
  return parts
    .filter((part) => part['type'] === type)
    .map((part) => textOr(part[field]))
    .join('');
}
