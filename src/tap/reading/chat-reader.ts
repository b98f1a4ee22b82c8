import type { Asked } from '../../answers/answer-error';
import type { Received } from '../../answers/answer';
import { StreamReader } from '../../answers/read-stream';
import { messageOf } from '../../base/errors';
import type { Json } from '../../base/json';
import { factsOfAnswer } from './answer-facts';
import type { CallReader, ReadCall } from './read-call';

/** Reads chat completions and completions, whole ones and streams, as our own client does. */
export class ChatReader implements CallReader {
  readonly #reader: StreamReader;
  #error: string | undefined;

  constructor(asked: Asked, received: Omit<Received, 'body'>) {
    this.#reader = new StreamReader(asked, received);
  }

  push(bytes: Uint8Array): void {
    this.#attempt(() => this.#reader.push(bytes));
  }

  get hasWords(): boolean {
    return this.#reader.hasWords;
  }

  end(): ReadCall {
    const read = this.#attempt(() => this.#reader.end());
    if (read === undefined) return { facts: {}, answer: null, error: this.#error ?? '' };
    return { facts: factsOfAnswer(read.answer), answer: read.raw as Json };
  }

  /** What is no answer for us may still be one for the application, so that it goes on. */
  #attempt<T>(read: () => T): T | undefined {
    if (this.#error !== undefined) return undefined;
    try {
      return read();
    } catch (error) {
      this.#error = messageOf(error);
      return undefined;
    }
  }
}
