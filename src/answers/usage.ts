import { isObject } from '../base/json';
import type { Usage } from './answer';

/**
 * The token counts of an answer. What is no count, such as a text or a negative number, is not counted: it
 * would spoil every sum that it goes into.
 */
export function readUsage(usage: unknown): Usage | undefined {
  if (!isObject(usage)) return undefined;
  const { prompt_tokens: promptTokens, completion_tokens: completionTokens, total_tokens: total } = usage;
  if (!isCount(promptTokens) || !isCount(completionTokens)) return undefined;
  const { prompt_tokens_details: details } = usage;
  const cachedTokens = isObject(details) ? details['cached_tokens'] : undefined;
  return {
    promptTokens,
    completionTokens,
    totalTokens: isCount(total) ? total : promptTokens + completionTokens,
    ...(isCount(cachedTokens) && { cachedTokens }),
  };
}

/** Whether an answer counts its tokens in a way that cannot be read. */
export function isOddUsage(usage: unknown): boolean {
  if (usage == null) return false;
  if (!isObject(usage)) return true;
  const counts = [usage['prompt_tokens'], usage['completion_tokens']];
  // Some servers send an empty object with every piece of a stream.
  return counts.some((count) => count != null) && !counts.every(isCount);
}

/** Whether it is a number of tokens. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
