import type { Json } from '../../base/json';
import type { Asked } from '../../answers/answer-error';
import type { Received } from '../../answers/answer';
import type { AnswerFacts } from './answer-facts';
import { ChatReader } from './chat-reader';
import { messageShape } from './messages';
import { otherShape } from './other';
import { responseShape } from './responses';
import { ShapeReader } from './shape-reader';

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

/**
 * The reader for the answer of an API. What is no answer of it, or of no API that is known, is read as JSON.
 *
 * @param path what was asked, below the base URL.
 */
export function callReader(asked: Asked, path: string, received: Omit<Received, 'body'>): CallReader {
  const api = path.replace(/[?#].*/, '').replace(/\/+$/, '');
  if (received.status < 400 && (api === '/chat/completions' || api === '/completions'))
    return new ChatReader(asked, received);
  const isStream = received.contentType?.startsWith('text/event-stream') === true;
  if (api === '/responses') return new ShapeReader(responseShape, isStream);
  if (api === '/messages') return new ShapeReader(messageShape, isStream);
  return new ShapeReader(otherShape, isStream);
}
