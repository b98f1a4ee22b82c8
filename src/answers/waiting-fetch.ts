import { anySignal } from '../base/any-signal';
import { leave, webResponse, type HttpAnswer, type Send } from '../base/http-answer';
import { Response } from '../base/real-globals';
import { readRetryAfter } from '../base/retry-after';
import { isOutOfQuota } from './answer-error';
import { begin } from './early-refusal';
import type { EndpointGate } from './endpoint-gate';

// Not the global: tests may put fake timers in its place.
const { performance } = process.getBuiltinModule('node:perf_hooks');

/** For whom a request is sent, and how long it may wait for the server. */
export interface OnBehalf {
  /** Milliseconds. */
  readonly maxWaitMs: number;
  /** Ends the wait when it aborts. */
  readonly signals: readonly AbortSignal[];
  /** Called when the request has to wait; what it returns is called when it has not to any more. */
  waits(): () => void;
  /** Called when the server wants a longer wait than is allowed; the request then gets the refusal. */
  gaveUp(): void;
}

/** An answer, and how it came. */
export interface Sent {
  readonly response: HttpAnswer;
  /** When the request was sent for the last time: `performance.now()`. */
  readonly sentAt: number;
  /** How often it was sent again. */
  readonly retries: number;
  /** Whether nobody was asked, since the answer was recorded; absent otherwise. */
  readonly isReplayed?: true;
}

/** Sends requests, and says how their answers came. */
export interface Sender {
  /** As `fetch`. */
  exchange(input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Sent>;
}

/**
 * Sends requests to one endpoint. One that is refused because there are too many (429, also in a body that
 * comes with success) waits until the server wants to be asked again, together with all others to that
 * endpoint, and is sent again. Any other answer is the caller's, as is a body that can be sent only once.
 *
 * @param onBehalf asked for each request, since it may be sent for a sample.
 */
export class WaitingFetch implements Sender {
  readonly #send: Send;
  readonly #gate: EndpointGate;
  readonly #onBehalf: () => OnBehalf;

  constructor(send: Send, gate: EndpointGate, onBehalf: () => OnBehalf) {
    this.#send = send;
    this.#gate = gate;
    this.#onBehalf = onBehalf;
  }

  /** @throws what `fetch` throws; the reason of the signal that ends a wait. */
  readonly fetch: typeof fetch = async (input, init) =>
    webResponse((await this.exchange(input, init)).response);

  /** As {@link fetch}. */
  async exchange(input: Parameters<typeof fetch>[0], init: RequestInit = {}): Promise<Sent> {
    const gate = this.#gate;
    const whom = this.#onBehalf();
    for (let retries = 0; ; retries += 1) {
      if (gate.leftMs > whom.maxWaitMs) {
        whom.gaveUp();
        return { response: tooMany(gate.leftMs), sentAt: performance.now(), retries };
      }
      const turn = gate.enter(() => anySignal(...[init.signal ?? [], ...whom.signals].flat()));
      if (turn !== undefined) {
        const goesOn = whom.waits();
        await turn.finally(goesOn);
      }
      const sentAt = performance.now();
      const { response, refusal } = await this.#sendNow(input, init);
      if (refusal?.status !== 429) {
        if (response.status < 300 && refusal === undefined) gate.answered();
        else gate.left();
        return { response, sentAt, retries };
      }
      if (isOutOfQuota(refusal)) {
        gate.left();
        return { response, sentAt, retries };
      }
      const { maxWaitMs } = whom;
      const isWaiting = gate.refused({ sentAt, retryAfterMs: readRetryAfter(response.headers), maxWaitMs });
      if (!isWaiting) whom.gaveUp();
      if (!isWaiting || !isRepeatable(input, init)) return { response, sentAt, retries };
      await leave(response);
    }
  }

  async #sendNow(input: Parameters<typeof fetch>[0], init: RequestInit): ReturnType<typeof begin> {
    try {
      return await begin(await this.#send(input, init));
    } catch (error) {
      this.#gate.left();
      throw error;
    }
  }
}

/** Bodies that are read while they are sent are gone then. */
function isRepeatable(input: Parameters<typeof fetch>[0], { body }: RequestInit): boolean {
  const isStream = typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
  return !isStream && (typeof input === 'string' || 'href' in input);
}

/** What the server would answer now. */
function tooMany(leftMs: number): HttpAnswer {
  const message = `There were too many requests; it wants to be asked again in ${Math.ceil(leftMs / 1000)} s.`;
  const headers = { 'content-type': 'application/json', 'retry-after-ms': String(Math.ceil(leftMs)) };
  return new Response(JSON.stringify({ error: { message } }), { status: 429, headers });
}
