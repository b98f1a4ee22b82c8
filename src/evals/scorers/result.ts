import { ModelProviderError } from '../../base/errors';
import { isObject, showValue, type Json } from '../../base/json';
import { isArray, isFinite } from '../../base/hot-globals';
import { kindOf } from '../../base/kind-of';
import { isRange, isWithin, type ScoreRange } from '../statistics/range';
import { isRightOrWrong, type ScoreKind } from '../statistics/sample-score';

/** One judgement of an answer. */
export interface Score {
  readonly name: string;
  /** `null` means that the score does not apply to this sample; it is counted apart. */
  readonly value: number | boolean | null;
  /** What explains the value: what was found, or what was missing. */
  readonly metadata?: Readonly<Record<string, Json>>;
  /**
   * `binary`: right or wrong, and nothing else is a value; `real`: a measure, also where all values are 0 or
   * 1. Without it the values say what they are.
   */
  readonly kind?: ScoreKind;
  /** The least and the most that a value of this score can be; of kind `real` only. */
  readonly range?: ScoreRange;
}

/** What a sample's function returns: the model's answer, how it was judged, and facts to keep with it. */
export class Result {
  readonly response: string;
  readonly scores: readonly Score[];
  readonly metadata: Readonly<Record<string, Json>> | undefined;

  /**
   * @param response what the model answered.
   * @param scores the judgement of it, or several, each with a name of its own.
   * @param metadata facts for the log.
   * @throws ModelProviderError `EVAL_INVALID` for anything that is no score, such as a promise of one.
   * @example
   * return new Result(reply.text, exactMatch(reply.text, answer));
   * const scores = [exactMatch(reply.text, answer), levenshtein(reply.text, answer)];
   * return new Result(reply.text, scores, { finish: reply.finishReason });
   */
  constructor(
    response: string,
    scores: Score | readonly Score[] = [],
    metadata?: Readonly<Record<string, Json>>,
  ) {
    if (typeof response !== 'string') throw invalid(`the response is ${kindOf(response)}; it must be a text`);
    if (metadata !== undefined && !isPlain(metadata))
      throw invalid('the metadata must be an object; several scores go into an array, [first, second]');
    const list: readonly unknown[] = isArray(scores) ? scores : [scores];
    list.forEach(requireScore);
    this.response = response;
    this.scores = list as readonly Score[];
    this.metadata = metadata;
    requireOwnNames(this.scores);
  }
}

/** Whether a value has the shape of a score. */
export function isScore(value: unknown): value is Score {
  if (typeof value !== 'object' || value === null) return false;
  const { name, value: judged, kind, range } = value as Readonly<Record<keyof Score, unknown>>;
  const isJudgement = judged === null || typeof judged === 'boolean' || isFinite(judged);
  return (
    typeof name === 'string' &&
    name !== '' &&
    isJudgement &&
    (kind === undefined || fits(kind, judged as Score['value'])) &&
    (range === undefined || (kind === 'real' && isInRange(range, judged as Score['value'])))
  );
}

function fits(kind: unknown, value: number | boolean | null): boolean {
  return kind === 'real' || (kind === 'binary' && (value === null || isRightOrWrong(value)));
}

function isInRange(range: unknown, value: Score['value']): boolean {
  return isRange(range) && (value === null || isWithin(+value, range));
}

function requireScore(score: unknown): void {
  if (isScore(score)) return;
  const problem = typeof score === 'function' ? hints.check : hints[isPromise(score) ? 'promise' : 'other'];
  throw invalid(wrongScore(score) ?? `a score is ${problem}`);
}

/** What is wrong with a value that has the fields of a score; undefined for a score, and for anything else. */
export function wrongScore(score: unknown): string | undefined {
  if (!isObject(score) || isScore(score) || !('value' in score)) return undefined;
  const { name, value, kind, range } = score as Readonly<Record<keyof Score, unknown>>;
  if (typeof name !== 'string' || name === '') return undefined;
  if (!isScore({ name, value }))
    return `the score ${name} has the value ${showValue(value)}; it must be a boolean, a finite number or null`;
  if (isScore({ name, value, kind })) return wrongRange(name, value, kind, range);
  return kind === 'binary'
    ? `the score ${name} is binary and has the value ${String(value)}; it must be true, false, 1, 0 or null`
    : `the score ${name} has the kind ${showValue(kind)}; it must be 'binary' or 'real'`;
}

function wrongRange(name: string, value: unknown, kind: unknown, range: unknown): string {
  if (!isRange(range)) return `the score ${name} has the range ${showValue(range)}; write [0, 5]`;
  return kind === 'real'
    ? `the score ${name} has the value ${String(value)}, which is outside its range from ${range[0]} to ${range[1]}`
    : `the score ${name} has a range, and is of no kind that has one; say kind: 'real'`;
}

const hints = {
  check:
    'a function: give the scorer the answer and what is expected, such as exactMatch(reply.text, answer)',
  promise: 'a promise: await it',
  other: 'no object of the form { name, value }, the value being a boolean, a finite number or null',
};

function requireOwnNames(scores: readonly Score[]): void {
  if (scores.length < 2) return;
  const names = scores.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw invalid(`two scores are called "${twice}"; give one another name, { ...score, name: 'other' }`);
}

function invalid(what: string): ModelProviderError {
  return new ModelProviderError('EVAL_INVALID', `new Result(): ${what}.`);
}

function isPromise(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value;
}

function isPlain(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isScore(value);
}
