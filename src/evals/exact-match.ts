import type { Score } from './result';

/**
 * Whether the answer is the expected text, to the character, apart from white space around it. Case counts.
 *
 * @example
 * return new Result(reply.text, exactMatch(reply.text, answer));
 */
export function exactMatch(answer: string, expected: string): Score {
  return { name: 'exactMatch', value: answer.trim() === expected.trim() };
}
