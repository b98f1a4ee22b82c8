import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { TapEndpoint, TappedAnswer, TappedRequest, TapServer } from '../../pattern/tap-endpoint';
import { ended, refusalAnswer } from '../refusal';
import { Upstream } from './upstream';

// The name of undici's channel: https://undici.nodejs.org/#/docs/api/DiagnosticsChannel
const requestCreated = 'undici:request:create';
const callerHeader = 'x-jest-model-provider-caller';
const mostRequestBytes = 256 * 2 ** 20;

/** What undici hands to those who listen. */
interface CreatedRequest {
  readonly request: { readonly origin: string; addHeader(name: string, value: string): void };
}

/**
 * The HTTP server on 127.0.0.1 to which applications under test send their requests. It runs outside the realm of
 * the spec, and keeps no process alive. Whoever opens it closes it.
 *
 * Requests by `fetch` of this process get a header that says whose code is running, whatever client makes them.
 */
export class TapListener implements TapEndpoint {
  readonly origin: string;
  readonly fileToken = randomBytes(16).toString('hex');
  readonly #http: Server;
  readonly #upstream = new Upstream();
  readonly send = this.#upstream.send;
  #server: TapServer | undefined;

  private constructor(http: Server) {
    this.#http = http;
    this.origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    http.on('request', (request, response) => void this.#answer(request, response));
    http.on('connection', (socket) => socket.unref());
    subscribe(requestCreated, this.#nameCaller);
  }

  static async open(): Promise<TapListener> {
    const http = createServer();
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    http.unref();
    return new TapListener(http);
  }

  serve(server: TapServer): void {
    this.#server = server;
  }

  close(): void {
    unsubscribe(requestCreated, this.#nameCaller);
    this.#server = undefined;
    this.#http.close();
    this.#http.closeAllConnections();
    this.#upstream.close();
  }

  readonly #nameCaller = (message: unknown): void => {
    const { request } = message as CreatedRequest;
    if (request.origin !== this.origin) return;
    const caller = this.#server?.caller();
    if (caller !== undefined) request.addHeader(callerHeader, caller);
  };

  async #answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const hangUp = new AbortController();
    response.on('close', () => {
      if (!response.writableFinished) hangUp.abort(new Error('The application hung up.'));
    });
    try {
      const body = await bodyOf(message);
      if (body === undefined) {
        await send(response, tooLarge, hangUp.signal);
        return;
      }
      const request: TappedRequest = {
        method: message.method ?? 'GET',
        target: message.url ?? '/',
        headers: headersOf(message),
        body,
        caller: message.headers[callerHeader] as string | undefined,
        signal: hangUp.signal,
      };
      const answer = (await this.#server?.answer(request)) ?? refusalAnswer(ended);
      await send(response, answer, hangUp.signal);
    } catch {
      // The application hung up, or the model in the middle of its answer: it must not look like a whole one.
      response.destroy();
    }
  }
}

const tooLarge = refusalAnswer({
  status: 413,
  code: 'request_too_large',
  message: `A request to a model may have ${mostRequestBytes} bytes at most.`,
});

/** Undefined if it is too large. Rejects if the application hangs up before. */
function bodyOf(message: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve, reject) => {
    message.on('data', (chunk: Buffer) => {
      bytes += chunk.byteLength;
      // The rest is read all the same: the application hears of no answer before it has sent everything.
      if (bytes > mostRequestBytes) chunks.length = 0;
      else chunks.push(chunk);
    });
    message.on('error', reject);
    message.on('end', () => {
      if (bytes > mostRequestBytes) resolve(undefined);
      else resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
    });
  });
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && name !== callerHeader)
      joined[name] = typeof value === 'string' ? value : value.join(', ');
  return joined;
}

async function send(
  response: ServerResponse,
  { status, headers, body }: TappedAnswer,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(status, headers);
  const isStream = headers['content-type']?.startsWith('text/event-stream') === true;
  // The last piece of a whole answer goes out together with its end: most have one, and a packet less is half the time.
  let held: Uint8Array | undefined;
  for await (const chunk of body) {
    const next = isStream ? chunk : held;
    if (!isStream) held = chunk;
    if (next !== undefined && !response.write(next)) await once(response, 'drain', { signal });
  }
  response.end(held);
}
