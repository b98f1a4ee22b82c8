import type { Sender } from '../answers/waiting-fetch';
import { isModelProviderError } from '../base/errors';
import { follow } from '../base/follow';
import { AbortController } from '../base/real-globals';
import type { ModelConnection } from '../pattern/model-connection';
import type { TappedAnswer, TappedRequest } from '../pattern/tap-endpoint';
import { answeredHeaders, forwardedHeaders, urlBelow } from './forwarded-request';
import { ObservedCall, shownError, type CallRequest } from './observed-call';
import { ended, notBelow, refusalAnswer } from './refusal';
import { replayedHeader } from './replayed';

/** What a call needs. */
export interface TappedParts {
  readonly request: TappedRequest;
  /** What was asked, below the base URL: `/chat/completions`. */
  readonly path: string;
  readonly connection: ModelConnection;
  /** Aborted when the lease ends. */
  readonly lease: AbortSignal;
  readonly sender: Sender;
  /** Whether a client of a provider asks: what fails then fails as it does with the resource itself. */
  readonly isOfClient: boolean;
  readonly note: CallRequest['note'];
}

/** One call that came to the endpoint: it is passed on with the key of the model, and its answer passed back. */
export class TappedCall {
  readonly #parts: TappedParts;
  readonly #ending = new AbortController();
  #isEnded = false;
  #call: ObservedCall | undefined;

  constructor(parts: TappedParts) {
    this.#parts = parts;
  }

  /** What fails is answered in the form of the API. @throws what cuts the connection of a client. */
  async answer(): Promise<TappedAnswer> {
    const { request, path, connection, lease, sender, isOfClient, note } = this.#parts;
    const url = urlBelow(connection.baseURL, path);
    if (url === undefined) return refusalAnswer(notBelow);
    const endsAlone = follow(this.#ending, request.signal, lease);
    const init = {
      method: request.method,
      headers: forwardedHeaders(request, connection, isOfClient),
      ...(request.body.byteLength === 0 ? {} : { body: request.body }),
      signal: this.#ending.signal,
    };
    this.#call = new ObservedCall({
      ...{ url, path, init, connection, sender },
      note: (facts, bodies) => {
        endsAlone();
        note(facts, bodies);
      },
      hasLeft: () => request.signal.aborted,
    });
    try {
      const { status, headers, body, isReplayed } = await this.#call.send();
      const replayed = isReplayed ? { [replayedHeader]: 'true' } : {};
      return { status, headers: { ...answeredHeaders(headers), ...replayed }, body };
    } catch (error) {
      if (this.#isEnded) return refusalAnswer(ended);
      if (isOfClient && !isModelProviderError(error)) throw error;
      const message = shownError(lease.aborted ? lease.reason : error);
      // What we refuse ourselves, such as a redirect to another host, is refused again.
      const mayBeRepeated = !lease.aborted && !isModelProviderError(error);
      return refusalAnswer({ status: 502, code: 'no_answer', message, mayBeRepeated });
    }
  }

  /** Ends it if it is under way. */
  end(reason: string): void {
    this.#isEnded = true;
    this.#call?.end(reason);
    this.#ending.abort(new Error(reason));
  }
}
