import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { errorBody, type ApiError } from './api-error';

/** Answers with JSON, unless the answer has begun or the client has gone. */
export function respondJson(response: ServerResponse, status: number, body: object): void {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

/** Answers with a refusal; in a stream that has begun, sends it as the last event. */
export function respondError(response: ServerResponse, error: ApiError): void {
  if (!response.headersSent) {
    if (error.status === 401) response.setHeader('www-authenticate', 'Bearer');
    respondJson(response, error.status, errorBody(error));
  } else if (!response.writableEnded) {
    response.end(`data: ${JSON.stringify(errorBody(error))}\n\n`);
  }
}

/** Server-sent events as the OpenAI API streams them. The first event sends the head of the response. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #signal: AbortSignal;

  /** @param signal aborted when the client has gone, so that no write waits for it to read */
  constructor(response: ServerResponse, signal: AbortSignal) {
    this.#response = response;
    this.#signal = signal;
  }

  /** Sends an event; resolves when the client has taken enough of what was sent before. */
  async send(data: object): Promise<void> {
    if (!this.#response.headersSent) {
      this.#response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    }
    if (this.#response.write(`data: ${JSON.stringify(data)}\n\n`)) return;
    await once(this.#response, 'drain', { signal: this.#signal });
  }

  /** Ends the stream by the API's closing word. */
  end(): void {
    this.#response.end('data: [DONE]\n\n');
  }
}
