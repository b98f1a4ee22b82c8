import type { Answer, Usage } from '../../answers/answer';
import type { CallFacts, TokenCounts } from '../../pattern/model-calls';

/** What an answer says of its call. */
export type AnswerFacts = Pick<CallFacts, 'finishReason' | 'usage' | 'reasoning' | 'isEmpty' | 'isRefused'>;

/** The facts in an answer, without those that are usual. */
export function factsOfAnswer({
  text,
  toolCalls,
  refusal,
  finishReason,
  reasoning,
  usage,
}: Pick<Answer, 'text' | 'refusal' | 'finishReason' | 'reasoning' | 'usage'> & {
  readonly toolCalls: readonly unknown[];
}): AnswerFacts {
  const isEmpty = text.trim() === '' && toolCalls.length === 0 && refusal === undefined;
  return {
    ...(finishReason !== '' && { finishReason }),
    ...(usage !== undefined && { usage: countsOf(usage) }),
    ...(reasoning !== undefined && { reasoning }),
    ...(isEmpty && { isEmpty }),
    ...(refusal !== undefined && { isRefused: true }),
  };
}

function countsOf({ promptTokens, completionTokens, cachedTokens }: Usage): TokenCounts {
  return { promptTokens, completionTokens, ...(cachedTokens !== undefined && { cachedTokens }) };
}
