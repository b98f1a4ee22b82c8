import { showValue } from '../../base/json';
import type { CallTranscript } from '../transcripts/call-transcript';
import { requireCalls } from './called-tools';
import { defineScorer, type Judgement } from './define-scorer';

/**
 * Whether a sample has made no more calls of models than so many; those of a judge count, if it was asked before.
 * The metadata has how many there were.
 *
 * @throws ModelProviderError `SCORER_FAILED` for what is no calls or no number.
 * @example
 * callsAtMost(context.calls, 5);
 * callsAtMost(context.calls.filter(({ resource }) => resource === context.model), 5);
 */
export const callsAtMost = defineScorer(
  'callsAtMost',
  (calls: readonly CallTranscript[], most: number): Judgement => {
    const { length } = requireCalls(calls);
    requireCount(most);
    return { value: length <= most, metadata: { calls: length } };
  },
);

/**
 * Whether a sample's calls of models have used no more tokens than so many, in prompts and answers together. It does
 * not apply (`null`) where a server that answered counts none, unless the others are too many already. The metadata has
 * how many there were.
 *
 * @throws ModelProviderError `SCORER_FAILED` for what is no calls or no number.
 * @example
 * tokensAtMost(context.calls, 10_000);
 */
export const tokensAtMost = defineScorer(
  'tokensAtMost',
  (given: readonly CallTranscript[], most: number): Judgement => {
    const calls = requireCalls(given);
    requireCount(most);
    const tokens = calls.reduce(
      (sum, { usage }) => sum + (usage === undefined ? 0 : usage.promptTokens + usage.completionTokens),
      0,
    );
    const uncounted = calls.filter(({ usage, error }) => usage === undefined && error === undefined).length;
    if (tokens > most || uncounted === 0) return { value: tokens <= most, metadata: { tokens } };
    return { value: null, metadata: { tokens, uncounted } };
  },
);

function requireCount(most: unknown): void {
  if (Number.isFinite(most) && (most as number) >= 0) return;
  throw new TypeError(`expected is ${showValue(most)}; it must be a number of at least 0`);
}
