import { ModelProviderError } from '../pattern/errors';
import type { Json } from '../pattern/json';

/** One judgement of an answer. */
export interface Score {
  readonly name: string;
  /** `null` means that the score does not apply to this sample; it is counted apart. */
  readonly value: number | boolean | null;
  /** What explains the value: what was found, or what was missing. */
  readonly metadata?: Readonly<Record<string, Json>>;
}

/** What a sample's function returns: the model's answer and how it was judged. */
export class Result {
  readonly response: string;
  readonly scores: readonly Score[];

  /**
   * @param response what the model answered.
   * @param scores the judgements of it; none, one or several.
   * @throws ModelProviderError `EVAL_INVALID` for anything that is no score, such as a promise of one.
   * @example
   * return new Result(reply.text, exactMatch(reply.text, answer));
   */
  constructor(response: string, ...scores: readonly Score[]) {
    scores.forEach(requireScore);
    this.response = response;
    this.scores = scores;
  }
}

function requireScore(score: unknown): void {
  if (typeof score === 'object' && score !== null && 'name' in score && 'value' in score) return;
  const problem = typeof score === 'function' ? hints.check : hints[isPromise(score) ? 'promise' : 'other'];
  throw new ModelProviderError('EVAL_INVALID', `new Result(): a score is ${problem}.`);
}

const hints = {
  check:
    'a function: give the scorer the answer and what is expected, such as exactMatch(reply.text, answer)',
  promise: 'a promise: await it',
  other: 'no object of the form { name, value }',
};

function isPromise(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value;
}
