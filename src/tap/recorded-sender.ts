import type { Sender, Sent } from '../answers/waiting-fetch';
import { ReadableStream, Response } from '../base/real-globals';
import { holdsSecret } from '../base/secrets';
import type { CallBodies, CallFacts } from '../pattern/model-calls';
import type { CallRecording, RecordedAnswer } from '../pattern/recordings';

// Not the global: tests may put fake timers in its place.
const { performance } = process.getBuiltinModule('node:perf_hooks');

// https://fetch.spec.whatwg.org/#null-body-status
const withoutBody = new Set([204, 205, 304]);

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
      return { response: responseOf(answer), sentAt: performance.now(), retries: 0, isReplayed: true };
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

  #seen(response: Response): Response {
    const { status, statusText, headers } = response;
    const contentType = headers.get('content-type') ?? undefined;
    const pieces: Uint8Array[] = [];
    this.#answer = { status, contentType, pieces, isPart: false };
    this.#isWhole = response.body === null;
    if (response.body === null) return response;
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const body = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const { done, value } = await reader.read();
          if (done) {
            this.#isWhole = true;
            controller.close();
          } else {
            pieces.push(value);
            controller.enqueue(value);
          }
        },
        cancel: (reason) => reader.cancel(reason),
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { status, statusText, headers });
  }
}

function responseOf({ status, contentType, pieces, isPart }: RecordedAnswer): Response {
  const left = [...pieces];
  const body = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        const piece = left.shift();
        if (piece !== undefined) controller.enqueue(piece);
        else if (isPart) controller.error(new Error('The recording ends here: the application had left.'));
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const headers: Record<string, string> = contentType === undefined ? {} : { 'content-type': contentType };
  return new Response(withoutBody.has(status) ? null : body, { status, headers });
}
