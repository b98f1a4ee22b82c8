import type { AnswerFacts } from './answer-facts';

export type Fields = Readonly<Record<string, unknown>>;

/** How an API answers. */
export interface AnswerShape {
  /** What is known of the answer with one more event of its stream: what the whole answer would have been. */
  add(known: Fields | undefined, event: Fields): Fields | undefined;
  /** Whether an event of a stream carries words of the model. */
  isWord(event: Fields): boolean;
  /** Whether an event says that the answer is whole. */
  isEnd(event: Fields): boolean;
  facts(answer: Fields): AnswerFacts;
}
