import type { Json } from '../../pattern/json';
import { messageOf, ModelProviderError } from '../../pattern/errors';
import type { Score } from '../result';
import { kindOf } from '../kind-of';

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
 * Judges answers. With the answer and what is expected of it, it gives the {@link Score}; with what is expected alone, it gives
 * the {@link Check} that waits for the answer.
 *
 * @example
 * new Result(reply.text, exactMatch(reply.text, '4'));
 * expect(reply.text).toScore(exactMatch('4'));
 */
export interface Scorer<Expected, Answer = string, Scored extends Score | Promise<Score> = Score> {
  (answer: Answer, expected: Expected): Scored;
  (expected: Expected): Check<Answer, Scored>;
}

/**
 * Makes a scorer of one's own, of the same shape as those of this package.
 *
 * @param name names the score in reports.
 * @param judge compares an answer with what is expected of it: `true` or `false`, a number (by custom from 0 to 1), or `null` if
 *   the score does not apply to this answer; or `{ value, metadata }`. It may be async, and the score is a promise then.
 * @returns a scorer. What it throws is a ModelProviderError `SCORER_FAILED`, also for a value that is no score: an answer that
 *   could not be judged is not a wrong answer.
 * @example
 * const shortEnough = defineScorer('shortEnough', (answer: string, limit: number) => answer.length <= limit);
 * new Result(reply.text, shortEnough(reply.text, 80));
 */
export function defineScorer<Answer, Expected>(
  name: string,
  judge: (answer: Answer, expected: Expected) => Judgement,
): Scorer<Expected, Answer>;
export function defineScorer<Answer, Expected>(
  name: string,
  judge: (answer: Answer, expected: Expected) => Promise<Judgement>,
): Scorer<Expected, Answer, Promise<Score>>;
export function defineScorer(
  name: string,
  judge: (answer: unknown, expected: unknown) => Judgement | Promise<Judgement>,
): unknown {
  if (typeof name !== 'string' || name === '')
    throw new ModelProviderError('EVAL_INVALID', 'defineScorer(): the first argument must be a name.');
  const score = (answer: unknown, expected: unknown): Score | Promise<Score> => {
    try {
      const judgement = judge(answer, expected);
      if (!isPromise(judgement)) return scoreOf(name, judgement);
      return judgement.then(
        (value) => scoreOf(name, value),
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

function scoreOf(name: string, judgement: unknown): Score {
  const isObject = typeof judgement === 'object' && judgement !== null;
  const { value, metadata } = isObject
    ? (judgement as { value: unknown; metadata?: Readonly<Record<string, Json>> })
    : { value: judgement };
  if (value !== null && typeof value !== 'boolean' && !Number.isFinite(value))
    throw scorerFailed(
      name,
      `its value is ${typeof value === 'number' ? value : kindOf(value)}; it must be a boolean, a finite number or null`,
    );
  return {
    name,
    value: value as boolean | number | null,
    ...(metadata === undefined ? {} : { metadata }),
  };
}

function scorerFailed(name: string, cause: unknown): ModelProviderError {
  return cause instanceof ModelProviderError
    ? cause
    : new ModelProviderError('SCORER_FAILED', `${name}: ${messageOf(cause)}.`, {
        cause,
        details: { scorer: name },
      });
}

// Jest and people see functions by their names.
function named<Fn extends (...args: never[]) => unknown>(name: string, fn: Fn): Fn {
  return Object.defineProperty(fn, 'name', { value: name });
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
