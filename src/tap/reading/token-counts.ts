import { isCount } from '../../answers/usage';
import { isObject } from '../../base/json';
import type { TokenCounts } from '../../pattern/model-calls';

/** A number of tokens; undefined for what is none, which would spoil every sum that it goes into. */
export function countOf(value: unknown): number | undefined {
  return isCount(value) ? value : undefined;
}

/** The counts, if both are some. */
export function counted(
  promptTokens: number | undefined,
  completionTokens: number | undefined,
  cachedTokens: number | undefined,
): { usage?: TokenCounts } {
  if (promptTokens === undefined || completionTokens === undefined) return {};
  return {
    usage: { promptTokens, completionTokens, ...(cachedTokens === undefined ? {} : { cachedTokens }) },
  };
}

/** A field of an object that may be none. */
export function fieldOf(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}
