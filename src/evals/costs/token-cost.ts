import { exactly } from '../../base/exactly';
import type { TokenCounts } from '../../pattern/model-calls';
import type { TokenPrice } from '../../pattern/prices';

const million = 1e6;

/** What the tokens of one call cost; undefined if the price does not say it. */
export function tokenCost(
  { input, output, cachedInput = input, mostInputTokens = Infinity }: TokenPrice,
  { promptTokens, completionTokens, cachedTokens = 0 }: TokenCounts,
): number | undefined {
  if (promptTokens > mostInputTokens) return undefined;
  // A server that counts them beside the others has read no more than there are.
  const cached = Math.min(cachedTokens, promptTokens);
  const cost = (promptTokens - cached) * input + cached * cachedInput + completionTokens * output;
  return exactly(cost / million);
}
