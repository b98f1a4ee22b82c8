import type { Json } from '../../base/json';
import type { AnswerFacts } from './answer-facts';

/** What was read of an answer. */
export interface ReadCall {
  readonly facts: AnswerFacts;
  /** The body; of a stream what the whole answer would have been. */
  readonly answer: Json;
  /** What the server said of an error in the middle of a stream, or that the end of it is missing. */
  readonly error?: string;
}

/** Reads an answer while it goes to the application. */
export interface CallReader {
  push(bytes: Uint8Array): void;
  /** Whether words of the model have come: a piece of its text, its reasoning or a call of a tool. */
  readonly hasWords: boolean;
  /** When no more comes. */
  end(): ReadCall;
}
