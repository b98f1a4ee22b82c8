import type { Json } from '../../base/json';
import { messageOf, ModelProviderError } from '../../base/errors';
import { showValue } from '../../base/json';
import { unknownOption } from '../../base/require-known';
import { isWithin, requireRange, type ScoreRange } from '../statistics/range';
import { isRightOrWrong, type ScoreKind } from '../statistics/sample-score';
import type { Score } from './result';
import { kindOf } from '../../base/kind-of';

/** What a scorer's function finds: the value alone, or with facts that explain it. */
export type Judgement =
  | boolean
  | number
  | null
  | { readonly value: boolean | number | null; readonly metadata?: Readonly<Record<string, Json>> };

/** A scorer that knows what is expected and waits for the answer: what `expect(answer).toScore()` takes. */
export type Check<Answer = string, Scored extends Score | Promise<Score> = Score> = (
  answer: Answer,
) => Scored;

/**
 * Judges answers. With the answer and what is expected of it, it gives the {@link Score}; with what is
 * expected alone, it gives the {@link Check} that waits for the answer.
 *
 * @example
 * new Result(reply.text, exactMatch(reply.text, '4'));
 * expect(reply.text).toScore(exactMatch('4'));
 */
export interface Scorer<Expected, Answer = string, Scored extends Score | Promise<Score> = Score> {
  (answer: Answer, expected: Expected): Scored;
  (expected: Expected): Check<Answer, Scored>;
}

/** Options of {@link defineScorer}. */
export interface ScorerOptions {
  /**
   * What the values are. `binary`: right and wrong, so that a value other than true, false, 1 and 0 is an
   * error; `real`: measures, which are never taken for right and wrong. Without it values that are all true,
   * false, 1 or 0, in all models of an evaluation, are right and wrong.
   */
  readonly kind?: ScoreKind;
  /**
   * The least and the most that a value can be, such as `[1, 5]`: of measures, so that it means `kind:
   * 'real'`, and another value is an error. The interval of the mean then holds also where all values are
   * nearly equal. Without it, and without a kind, values that are all from 0 to 1 are taken for scores from 0
   * to 1.
   */
  readonly range?: ScoreRange;
}

/**
 * Makes a scorer of your own, of the same shape as those of this package.
 *
 * @param name names the score in reports.
 * @param judge compares an answer with what is expected of it: `true` or `false`, a number (by custom from 0
 *   to 1), or `null` if the score does not apply to this answer; or `{ value, metadata }`. It may be async,
 *   and the score is a promise then.
 * @param options the kind of its values and their range, which each score has then.
 * @returns a scorer. What it throws is a ModelProviderError `SCORER_FAILED`, also for a value that is no
 *   score: an answer that could not be judged is not a wrong answer.
 * @throws ModelProviderError `EVAL_INVALID` for an empty name, an unknown option, a kind that there
 *   is none of, and a range that is none.
 * @example
 * const shortEnough = defineScorer('shortEnough', (answer: string, limit: number) => answer.length <= limit);
 * new Result(reply.text, shortEnough(reply.text, 80));
 * const stars = defineScorer('stars', (answer: string, key: string) => starsOf(answer, key), { kind: 'real' });
 */
export function defineScorer<Answer, Expected>(
  name: string,
  judge: (answer: Answer, expected: Expected) => Judgement,
  options?: ScorerOptions,
): Scorer<Expected, Answer>;
export function defineScorer<Answer, Expected>(
  name: string,
  judge: (answer: Answer, expected: Expected) => Promise<Judgement>,
  options?: ScorerOptions,
): Scorer<Expected, Answer, Promise<Score>>;
export function defineScorer(
  name: string,
  judge: (answer: unknown, expected: unknown) => Judgement | Promise<Judgement>,
  options: ScorerOptions = {},
): unknown {
  const rules = checked(name, options);
  const score = (answer: unknown, expected: unknown): Score | Promise<Score> => {
    try {
      const judgement = judge(answer, expected);
      if (!isPromise(judgement)) return scoreOf(name, judgement, rules);
      return judgement.then(
        (value) => scoreOf(name, value, rules),
        (error: unknown) => Promise.reject(scorerFailed(name, error)),
      );
    } catch (error) {
      throw scorerFailed(name, error);
    }
  };
  const scorer = (...given: unknown[]): unknown => {
    if (given.length === 2) return score(given[0], given[1]);
    if (given.length === 1) return named(name, (answer: unknown) => score(answer, given[0]));
    throw scorerFailed(
      name,
      `${given.length} arguments; it takes (answer, expected), or (expected) for a check`,
    );
  };
  return named(name, scorer);
}

function checked(name: unknown, options: ScorerOptions): ScorerOptions {
  if (typeof name !== 'string' || name === '') throw invalid('the first argument must be a name');
  const problem = unknownOption(options, ['kind', 'range']);
  if (problem !== undefined) throw invalid(problem);
  const { kind }: { kind?: unknown } = options;
  if (kind !== undefined && kind !== 'binary' && kind !== 'real')
    throw invalid(`kind is ${showValue(kind)}; it must be 'binary' or 'real'`);
  if (options.range === undefined) return options;
  requireRange('defineScorer()', options.range);
  if (kind === 'binary') throw invalid('a binary scorer has no range');
  return { kind: 'real', range: options.range };
}

function scoreOf(name: string, judgement: unknown, { kind, range }: ScorerOptions): Score {
  const isObject = typeof judgement === 'object' && judgement !== null;
  const { value, metadata } = isObject
    ? (judgement as { value: unknown; metadata?: Readonly<Record<string, Json>> })
    : { value: judgement };
  if (value !== null && typeof value !== 'boolean' && !Number.isFinite(value))
    throw scorerFailed(
      name,
      `its value is ${typeof value === 'number' ? value : kindOf(value)}; it must be a boolean, a finite number or null`,
    );
  const judged = value as boolean | number | null;
  if (kind === 'binary' && judged !== null && !isRightOrWrong(judged))
    throw scorerFailed(
      name,
      `its value is ${judged}; of a binary scorer it must be true, false, 1, 0 or null`,
    );
  if (range !== undefined && judged !== null && !isWithin(+judged, range))
    throw scorerFailed(name, `its value is ${judged}; its range is from ${range[0]} to ${range[1]}`);
  return {
    name,
    value: judged,
    ...(metadata === undefined ? {} : { metadata }),
    ...(kind === undefined ? {} : { kind }),
    ...(range === undefined ? {} : { range }),
  };
}

function invalid(what: string): ModelProviderError {
  return new ModelProviderError('EVAL_INVALID', `defineScorer(): ${what}.`);
}

function scorerFailed(name: string, cause: unknown): ModelProviderError {
  return cause instanceof ModelProviderError
    ? cause
    : new ModelProviderError('SCORER_FAILED', `${name}: ${messageOf(cause)}.`, {
        cause,
        details: { scorer: name },
      });
}

// Jest's messages show functions by their names.
function named<Fn extends (...args: never[]) => unknown>(name: string, fn: Fn): Fn {
  return Object.defineProperty(fn, 'name', { value: name });
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
