import { cut } from '../../../base/cut';
import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ApiError, errorBody, toApiError, unavailable } from './api-error';
import { requireApiKey } from './api-key';
import { complete } from './complete';
import { chatFormat, textFormat, type CompletionFormat } from './completion-format';
import { chatForm, readCompletionRequest, textForm, type RequestForm } from './completion-request';
import type { Engine } from '../generation/engine';
import { readJsonObject } from './request-body';
import { respondError, respondJson } from './respond';
import { Slots } from './slots';

export interface EmbeddedServerOptions {
  /** The names under which the one model is served; at least one. */
  readonly aliases: readonly string[];
  /** The key that every request but `/health` has to state; undefined asks for none. */
  readonly apiKey: string | undefined;
  /** How many requests generate at once; more wait in line. At least 1. */
  readonly parallel: number;
  /** Receives failures that are the server's fault, one line each. */
  readonly log: (line: string) => void;
}

interface Route {
  readonly method: 'GET' | 'POST';
  readonly open?: boolean;
  readonly handle: (
    request: IncomingMessage,
    response: ServerResponse,
    signal: AbortSignal,
  ) => Promise<void> | void;
}

/** How long a stopping server lets its last answers be written, in milliseconds. */
const stopGraceMs = 50;

/**
 * An OpenAI-compatible HTTP server for one model: `/health`, `/v1/models`, `/v1/chat/completions`,
 * `/v1/completions`. It listens before it has a model; until {@link ready} it answers 503. Every request gets
 * an answer in the API's shape, and no request ends the process.
 *
 * A request that states no temperature gets temperature 0, so that evaluations repeat; OpenAI's default is 1.
 *
 * @example
 * const options = { aliases: ['expert'], apiKey: undefined, parallel: 4, log: console.error };
 * const server = new EmbeddedServer(options);
 * const port = await server.listen('127.0.0.1', 0);
 * server.ready(await loadEngine('models/expert.gguf'));
 */
export class EmbeddedServer {
  readonly #options: EmbeddedServerOptions;
  readonly #server: http.Server;
  readonly #slots: Slots;
  readonly #open = new Set<AbortController>();
  readonly #created = Math.floor(Date.now() / 1000);
  #engine: Engine | undefined;
  #stopping = false;

  constructor(options: EmbeddedServerOptions) {
    this.#options = options;
    this.#slots = new Slots(options.parallel);
    this.#server = http.createServer((request, response) => void this.#answer(request, response));
    this.#server.on('clientError', refuseMalformed);
    // Clients end idle connections. If the server did, a request that is just under way would fail.
    this.#server.keepAliveTimeout = 0;
  }

  readonly #routes: ReadonlyMap<string, Route> = new Map([
    ['/health', { method: 'GET', open: true, handle: (_, response) => this.#health(response) }],
    ['/v1/models', { method: 'GET', handle: (_, response) => this.#models(response) }],
    ['/v1/chat/completions', this.#completionRoute(chatForm, chatFormat)],
    ['/v1/completions', this.#completionRoute(textForm, textFormat)],
  ] satisfies [string, Route][]);

  /**
   * Binds the port, 0 for any free one.
   *
   * @returns the port
   * @throws the system's error, for example with code `EADDRINUSE`
   */
  async listen(host: string, port: number): Promise<number> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  /** Starts to answer with a loaded model. */
  ready(engine: Engine): void {
    this.#engine = engine;
  }

  /** Accepts nothing more, ends open requests with a 503 or an error event, and closes every connection. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#stopping = true;
    this.#server.close();
    for (const request of this.#open) request.abort(unavailable('the server is stopping', 'stopping'));
    const deadline = setTimeout(() => this.#server.closeAllConnections(), stopGraceMs);
    await closed;
    clearTimeout(deadline);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const ended = new AbortController();
    this.#open.add(ended);
    response.on('close', () => {
      this.#open.delete(ended);
      ended.abort(unavailable('the client has gone', 'client_gone'));
    });
    // A client may go at any moment; 'close' follows and says so.
    response.on('error', () => undefined);
    try {
      const route = this.#route(request, response);
      if (route.open !== true) requireApiKey(request, this.#options.apiKey);
      await route.handle(request, response, ended.signal);
    } catch (error) {
      this.#refuse(request, response, ended.signal.aborted ? ended.signal.reason : error);
    }
  }

  #refuse(request: IncomingMessage, response: ServerResponse, cause: unknown): void {
    const gone = response.destroyed || (request.destroyed && !request.complete);
    if (gone) return;
    if (!(cause instanceof ApiError))
      this.#options.log(`failed to answer ${request.method}: ${describe(cause)}`);
    if (this.#stopping && !response.headersSent) response.setHeader('connection', 'close');
    respondError(response, toApiError(cause));
  }

  #route(request: IncomingMessage, response: ServerResponse): Route {
    const path = (request.url ?? '').split('?', 1)[0]!;
    const route = this.#routes.get(path);
    if (route === undefined) {
      throw new ApiError(404, 'invalid_request_error', `there is nothing at ${cut(path, 200)}`, {
        code: 'unknown_url',
      });
    }
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    if (method === route.method) return route;
    response.setHeader('allow', route.method === 'GET' ? 'GET, HEAD' : route.method);
    throw new ApiError(405, 'invalid_request_error', `${path} answers to ${route.method} only`, {
      code: 'method_not_allowed',
    });
  }

  #loaded(): Engine {
    if (this.#engine === undefined) throw unavailable('Loading model', 'model_loading');
    return this.#engine;
  }

  #health(response: ServerResponse): void {
    this.#loaded();
    respondJson(response, 200, { status: 'ok' });
  }

  #models(response: ServerResponse): void {
    this.#loaded();
    const model = { object: 'model', created: this.#created, owned_by: 'jest-model-provider' };
    respondJson(response, 200, {
      object: 'list',
      data: this.#options.aliases.map((id) => ({ id, ...model })),
    });
  }

  #completionRoute(
    form: RequestForm,
    formatOf: (model: string, usageWanted: boolean) => CompletionFormat,
  ): Route {
    return {
      method: 'POST',
      handle: async (request, response, signal) => {
        const engine = this.#loaded();
        const body = await readJsonObject(request);
        const completion = readCompletionRequest(body, form, engine, this.#options.aliases);
        const release = await this.#slots.acquire(signal);
        try {
          await complete(
            engine,
            completion,
            formatOf(completion.model, completion.includeUsage),
            response,
            signal,
          );
        } finally {
          release();
        }
      },
    };
  }
}

/** Answers what is not HTTP too. Node would only close the connection. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  // After an answer that has begun on this connection, the refusal would be taken for its end.
  if (error.code === 'ECONNRESET' || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(
    errorBody(new ApiError(400, 'invalid_request_error', 'the request is not valid HTTP')),
  );
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
