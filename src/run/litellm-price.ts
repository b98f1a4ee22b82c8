import { exactly } from '../base/exactly';
import type { TokenPrice } from '../pattern/prices';

const million = 1e6;
const longer = /^(?:input|output)_cost_per_token_above_(\d+)k_tokens$/;

/**
 * The price in an entry of LiteLLM's `model_prices_and_context_window.json`, which has USD for a single token;
 * undefined for what is not paid by tokens, such as images. Where longer prompts have another price, it is for
 * the others alone.
 */
export function litellmPrice(entry: Readonly<Record<string, unknown>>): TokenPrice | undefined {
  const input = perMillion(entry['input_cost_per_token']);
  const output = perMillion(entry['output_cost_per_token']);
  if (input === undefined || output === undefined) return undefined;
  const cachedInput = perMillion(entry['cache_read_input_token_cost']);
  const bounds = Object.keys(entry).flatMap((name) => longer.exec(name)?.[1] ?? []);
  return {
    input,
    output,
    ...(cachedInput !== undefined && { cachedInput }),
    ...(bounds.length > 0 && { mostInputTokens: Math.min(...bounds.map(Number)) * 1000 }),
  };
}

function perMillion(cost: unknown): number | undefined {
  if (typeof cost !== 'number' || !Number.isFinite(cost) || cost < 0) return undefined;
  return exactly(cost * million);
}
