import type { Sender, Sent } from '../answers/waiting-fetch';
import { anySignal } from '../base/any-signal';
import type { HttpAnswer } from '../base/http-answer';
import { Headers } from '../base/real-globals';
import { holdsSecret } from '../base/secrets';
import type { CallBodies, CallFacts } from '../pattern/model-calls';
import type { CallRecording, RecordedAnswer } from '../pattern/recordings';

// Not the globals: tests may put fake timers in their place.
const { performance } = process.getBuiltinModule('node:perf_hooks');
const { setTimeout: delay } = process.getBuiltinModule('node:timers/promises');

// Long after anybody has read what is recorded, and short for whoever wants more than that.
const leavesWithinMs = 5000;

/** Sends the request of one call, unless its answer is recorded, and keeps the answer that comes. */
export class RecordedSender implements Sender {
  readonly #sender: Sender;
  readonly #recording: CallRecording;
  #answer: (RecordedAnswer & { readonly pieces: Uint8Array[] }) | undefined;
  #isWhole = false;

  constructor(sender: Sender, recording: CallRecording) {
    this.#sender = sender;
    this.#recording = recording;
  }

  async exchange(input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Sent> {
    const { answer } = this.#recording;
    if (answer !== undefined)
      return {
        response: answerAgain(answer, init?.signal),
        sentAt: performance.now(),
        retries: 0,
        isReplayed: true,
      };
    const sent = await this.#sender.exchange(input, init);
    return { ...sent, response: this.#seen(sent.response) };
  }

  /** To be called when the call has ended: what broke off is not kept, and no stream that spells a secret. */
  ended({ error, status = 0 }: CallFacts, { answer: said }: CallBodies): void {
    const answer = this.#answer;
    const isBroken = error !== undefined && (status < 400 || !this.#isWhole);
    if (answer === undefined || isBroken) return;
    // Piece by piece it could not be taken out.
    const isStream = answer.contentType?.startsWith('text/event-stream') === true;
    if (isStream && holdsSecret(JSON.stringify(said)))
      process.emitWarning(
        'A streamed answer of a model was not recorded, since a secret is in it: it cannot be replayed.',
      );
    else this.#recording.keep({ ...answer, isPart: !this.#isWhole });
  }

  #seen({ status, statusText, headers, body }: HttpAnswer): HttpAnswer {
    const contentType = headers.get('content-type') ?? undefined;
    const pieces: Uint8Array[] = [];
    this.#answer = { status, contentType, pieces, isPart: false };
    this.#isWhole = body === null;
    return { status, statusText, headers, body: body === null ? null : this.#kept(body, pieces) };
  }

  async *#kept(body: AsyncIterable<Uint8Array>, pieces: Uint8Array[]): AsyncGenerator<Uint8Array, void> {
    for await (const piece of body) {
      pieces.push(piece);
      yield piece;
    }
    this.#isWhole = true;
  }
}

function answerAgain(
  { status, contentType, pieces, isPart }: RecordedAnswer,
  signal: RequestInit['signal'],
): HttpAnswer {
  const headers = new Headers(contentType === undefined ? {} : { 'content-type': contentType });
  return { status, statusText: '', headers, body: isPart ? partAgain(pieces, signal) : again(pieces) };
}

async function* again(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void> {
  yield* pieces;
}

/** An end at once would overtake what the application has not read yet: it leaves by itself, as it did before. */
async function* partAgain(
  pieces: readonly Uint8Array[],
  signal: RequestInit['signal'],
): AsyncGenerator<Uint8Array, void> {
  yield* pieces;
  const options = signal == null ? {} : { signal: anySignal(signal) };
  await delay(leavesWithinMs, undefined, options).catch(() => undefined);
  throw new Error('The recording ends here: the application had left.');
}
