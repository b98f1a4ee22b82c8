import { ReadableStream, Response } from './real-globals';

/** An answer while it comes: what is used here of a web `Response`, which costs more to make. */
export interface HttpAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  /** Can be read once. A loop over it that is left ends the exchange. */
  readonly body: AsyncIterable<Uint8Array> | null;
}

/** Sends a request: `fetch`, or what does the same with less. */
export type Send = (input: Parameters<typeof fetch>[0], init?: RequestInit) => Promise<HttpAnswer>;

/** Ends the exchange, whose answer nobody wants. */
export async function leave({ body }: HttpAnswer): Promise<void> {
  await body?.[Symbol.asyncIterator]().return?.();
}

/** The answer with another body, as that was read. */
export function withText({ status, statusText, headers }: HttpAnswer, text: string): HttpAnswer {
  return new Response(text, { status, statusText, headers });
}

// https://fetch.spec.whatwg.org/#null-body-status
const withoutBody = new Set([101, 204, 205, 304]);

/** The answer for those who want a web one. */
export function webResponse(answer: HttpAnswer): globalThis.Response {
  if (answer instanceof Response) return answer;
  const { status, statusText, headers, body } = answer;
  const stream = body === null || withoutBody.has(status) ? null : streamOf(body[Symbol.asyncIterator]());
  return new Response(stream, { status, statusText, headers });
}

function streamOf(pieces: AsyncIterator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const next = await pieces.next();
        if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      },
      cancel: async () => {
        await pieces.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
