import type { MatcherContext } from 'expect';
import { ModelProviderError } from '../base/errors';
import { jestGlobals } from '../pattern/blocks/jest-globals';
import { isObject, showValue } from '../base/json';
import { kindOf } from '../base/kind-of';
import { printable } from '../base/printable';
import { unknownOption } from '../base/require-known';
import type { Score } from './scorers/result';
import type { Check } from './scorers/define-scorer';
import { isAtLeast } from './statistics/rounding';

/** Options of `toScore`. */
export interface ToScoreOptions {
  /** The least score that passes; 1 by default, which is that of `true`. */
  readonly min?: number;
}

/** What this package adds to `expect`. */
export interface ScoreMatchers<Received, R> {
  /**
   * Passes if the answer scores at least 1, or `min`. A score that does not apply to the answer fails, also
   * with `.not`. With the check of an async scorer it must be awaited.
   *
   * @example
   * expect(reply.text).toScore(exactMatch('4'));
   * expect(reply.text).toScore(levenshtein('kitten'), { min: 0.8 });
   * await expect(reply.text).toScore(judge({ client, rubric })('4'));
   */
  toScore(check: Check<Awaited<Received>>, options?: ToScoreOptions): R;
  toScore(check: Check<Awaited<Received>, Promise<Score>>, options?: ToScoreOptions): Promise<void>;
}

/* eslint-disable @typescript-eslint/no-namespace, @typescript-eslint/no-empty-object-type --
   the two kinds of Jest types are extended so */
declare global {
  namespace jest {
    interface Matchers<R, T = {}> extends ScoreMatchers<T, R> {}
  }
}
declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> extends ScoreMatchers<T, R> {}
}
/* eslint-enable */

/** Adds `toScore` to the `expect` of this test file. */
export function installMatchers(): void {
  jestGlobals().expect.extend({ toScore });
}

interface Outcome {
  readonly pass: boolean;
  message(): string;
}

function toScore(
  this: Pick<MatcherContext, 'isNot' | 'promise' | 'utils'>,
  answer: unknown,
  check: unknown,
  options: ToScoreOptions = {},
): Outcome | Promise<Outcome> {
  if (typeof check !== 'function')
    throw new ModelProviderError(
      'EVAL_INVALID',
      `toScore(): the check is ${kindOf(check)}; give a scorer what is expected, such as exactMatch('4').`,
    );
  const min = leastOf(options);
  const scored = (check as Check<unknown, Score | Promise<Score>>)(answer);
  const outcome = (score: Score): Outcome => outcomeOf(this, answer, score, min);
  return 'then' in scored ? scored.then(outcome) : outcome(scored);
}

function leastOf(options: unknown): number {
  const invalid = (problem: string): Error =>
    new ModelProviderError('EVAL_INVALID', `toScore(): ${problem}.`);
  if (!isObject(options))
    throw invalid(`the second argument is ${showValue(options)}; it must be options, such as { min: 0.8 }`);
  const problem = unknownOption(options, ['min']);
  if (problem !== undefined) throw invalid(problem);
  const { min = 1 } = options;
  if (typeof min === 'number' && Number.isFinite(min)) return min;
  throw invalid(`min is ${showValue(min)}; it must be a number`);
}

function outcomeOf(
  { isNot, promise, utils }: Pick<MatcherContext, 'isNot' | 'promise' | 'utils'>,
  answer: unknown,
  score: unknown,
  min: number,
): Outcome {
  if (typeof score === 'function')
    throw new ModelProviderError(
      'EVAL_INVALID',
      `toScore(): ${score.name} does not know what is expected: write ${score.name}(expected).`,
    );
  const { name, value, metadata } = score as Score;
  if (value === null)
    throw new ModelProviderError('EVAL_INVALID', `toScore(): ${name} does not apply to this answer.`);
  const pass = isAtLeast(Number(value), min);
  const shown = (untrusted: unknown): string => printable(utils.stringify(untrusted));
  return {
    pass,
    message: () =>
      [
        utils.matcherHint('toScore', 'answer', printable(name), {
          isNot: isNot ?? false,
          promise: promise ?? '',
        }),
        '',
        `Expected score: ${isNot === true ? 'below' : 'at least'} ${utils.printExpected(min)}`,
        `Received score: ${utils.printReceived(value)}`,
        `Received answer: ${utils.RECEIVED_COLOR(shown(answer))}`,
        ...(metadata === undefined ? [] : [`Metadata: ${shown(metadata)}`]),
      ].join('\n'),
  };
}
