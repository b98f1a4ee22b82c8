import type { HttpAnswer } from '../base/http-answer';
import { TextDecoder } from '../base/real-globals';
import { answerError, type Asked } from './answer-error';

/** The most bytes of an answer, unless somebody wants more. */
export const mostAnswerBytes = 64 * 2 ** 20;

/** Counts the bytes of an answer while it arrives. */
export class ByteLimit {
  readonly #asked: Asked;
  readonly #status: number;
  readonly #most: number;
  #count = 0;

  constructor(asked: Asked, status: number, most: number) {
    this.#asked = asked;
    this.#status = status;
    this.#most = most;
  }

  /** @throws ModelProviderError `REQUEST_FAILED` when it is too much. */
  add({ byteLength }: Uint8Array): void {
    this.#count += byteLength;
    if (this.#count <= this.#most) return;
    throw answerError(this.#asked, {
      status: this.#status,
      message: `HTTP ${this.#status} with more than ${this.#most} bytes, which is the limit (maxAnswerBytes)`,
    });
  }
}

/**
 * The text of a body, whose bytes are counted while they come: what is too much is an error before the memory
 * is gone.
 *
 * @throws ModelProviderError `REQUEST_FAILED` when it is too much; what reading the body throws.
 */
export async function readBody(asked: Asked, response: HttpAnswer, most = mostAnswerBytes): Promise<string> {
  if (response.body === null) return '';
  const limit = new ByteLimit(asked, response.status, most);
  const decoder = new TextDecoder();
  const pieces: string[] = [];
  // Left by an error, the loop cancels the rest.
  for await (const chunk of response.body) {
    limit.add(chunk);
    pieces.push(decoder.decode(chunk, { stream: true }));
  }
  return pieces.join('') + decoder.decode();
}
