import { ModelProviderError } from '../base/errors';

/**
 * An answer while it arrives: its text, piece by piece, and after the loop the whole of it.
 *
 * @example
 * const stream = handle.client.stream('Tell me');
 * for await (const piece of stream) process.stdout.write(piece);
 * const { finishReason } = await stream.reply;
 */
export class AnswerStream<Reply> implements AsyncIterableIterator<string> {
  /** Rejects with what ended the loop: an error of the request, or `ANSWER_CUT` if the loop was left before. */
  readonly reply: Promise<Reply>;
  readonly #model: string;
  readonly #pieces: AsyncGenerator<string, Reply, undefined>;
  #resolve!: (reply: Reply) => void;
  #reject!: (reason: unknown) => void;

  constructor(model: string, pieces: AsyncGenerator<string, Reply, undefined>) {
    this.#model = model;
    this.#pieces = pieces;
    this.reply = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Who only loops has the error already.
    this.reply.catch(() => undefined);
  }

  async next(): Promise<IteratorResult<string, undefined>> {
    try {
      const { done, value } = await this.#pieces.next();
      if (done !== true) return { done: false, value };
      this.#resolve(value);
    } catch (error) {
      this.#reject(error);
      throw error;
    }
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<string, undefined>> {
    await this.#pieces.return(undefined as never);
    this.#reject(
      new ModelProviderError(
        'ANSWER_CUT',
        `"${this.#model}": the loop over its answer was left before the end.`,
      ),
    );
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
