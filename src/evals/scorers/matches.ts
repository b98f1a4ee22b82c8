import { kindOf } from '../../base/kind-of';
import { requireText } from './texts/require-text';
import { defineScorer } from './define-scorer';

const { types } = process.getBuiltinModule('node:util');

/**
 * Whether a regular expression matches somewhere in the answer; `^` and `$` make it match the whole. The
 * metadata has the match.
 *
 * @throws ModelProviderError `SCORER_FAILED` if what is expected is no regular expression.
 * @example
 * matches(reply.text, /\bparis\b/i);
 */
export const matches = defineScorer('matches', (answer: string, expected: RegExp) => {
  if (!types.isRegExp(expected))
    throw new TypeError(`expected is ${kindOf(expected)}; it must be a regular expression`);
  // With the flag g or y an expression goes on where its last match ended.
  const match = new RegExp(expected.source, expected.flags.replace(/[gy]/g, '')).exec(
    requireText('the answer', answer),
  );
  return match === null ? false : { value: true, metadata: { match: match[0] } };
});
