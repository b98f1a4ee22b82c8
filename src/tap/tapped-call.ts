import { refusalOfBody } from '../answers/answer-error';
import type { WaitingFetch } from '../answers/waiting-fetch';
import { anySignal } from '../base/any-signal';
import { messageOf } from '../base/errors';
import { isObject, parsedJson, type Json } from '../base/json';
import { printable } from '../base/printable';
import { AbortController, TextDecoder } from '../base/real-globals';
import { readRetryAfter } from '../base/retry-after';
import { redact } from '../base/secrets';
import type { CallBodies, CallFacts } from '../pattern/model-calls';
import type { ModelConnection } from '../pattern/model-connection';
import type { TappedAnswer, TappedRequest } from '../pattern/tap-endpoint';
import { ended, notBelow, refusalAnswer } from './refusal';
import { answeredHeaders, forwardedHeaders, urlBelow } from './forwarded-request';
import { callReader } from './reading/call-reader';
import type { CallReader, ReadCall } from './reading/read-call';
import { refusesWish, UsageFilter, withUsageWish } from './usage-wish';

// Not the global: tests may put fake timers in its place.
const { performance } = process.getBuiltinModule('node:perf_hooks');

/** What a call needs. */
export interface CallParts {
  readonly request: TappedRequest;
  /** What was asked, below the base URL: `/chat/completions`. */
  readonly path: string;
  readonly connection: ModelConnection;
  /** Aborted when the lease ends. */
  readonly lease: AbortSignal;
  readonly sender: WaitingFetch;
  /** Called once, before the application has the end of the answer. */
  readonly note: (facts: CallFacts, bodies: CallBodies) => void;
}

/** Base URLs of servers that refuse the wish for token counts in streams. */
const refusing = new Set<string>();

/**
 * One call of an application: the request is passed on with the key of the model, and the answer is read while it is
 * passed back. The application gets no more of it than it takes.
 */
export class TappedCall {
  readonly #parts: CallParts;
  readonly #ending = new AbortController();
  #sentAt = performance.now();
  #retries = 0;
  #status: number | undefined;
  #firstTokenMs: number | undefined;
  #reader: CallReader | undefined;
  #isNoted = false;

  constructor(parts: CallParts) {
    this.#parts = parts;
  }

  /** Never rejects: what fails is answered in the form of the API. */
  async answer(): Promise<TappedAnswer> {
    const { path, connection, lease } = this.#parts;
    const url = urlBelow(connection.baseURL, path);
    if (url === undefined) return refusalAnswer(notBelow);
    try {
      const { response, isWish } = await this.#send(url);
      const contentType = response.headers.get('content-type') ?? undefined;
      const { status } = response;
      this.#status = status;
      const retryAfterMs = readRetryAfter(response.headers);
      this.#reader = callReader(connection, path, { status, contentType, retryAfterMs });
      const isStream = contentType?.startsWith('text/event-stream') === true;
      const filter = isWish && isStream ? new UsageFilter() : undefined;
      return {
        status,
        headers: answeredHeaders(response.headers),
        body: this.#body(response, this.#reader, { isStream, filter }),
      };
    } catch (error) {
      const message = shown(lease.aborted ? lease.reason : error);
      this.#note({ error: message });
      if (this.#ending.signal.aborted) return refusalAnswer(ended);
      return refusalAnswer({ status: 502, code: 'no_answer', message, mayBeRepeated: !lease.aborted });
    }
  }

  /** Ends it if it is under way: nothing is waited for any more. */
  end(reason: string): void {
    const read = this.#reader?.end();
    // An application may have all that it wants before the connection is closed.
    if (read !== undefined && read.error === undefined) this.#noteRead(read);
    else this.#note({ error: reason });
    this.#ending.abort(new Error(reason));
  }

  /** Sends it with the wish for token counts, and without it to a server that refuses that. */
  async #send(url: string): Promise<{ response: Response; isWish: boolean }> {
    const { request, path, connection } = this.#parts;
    const { baseURL } = connection;
    const wish = refusing.has(baseURL) ? undefined : withUsageWish(path, request.body);
    const response = await this.#sendOnce(url, wish ?? request.body);
    if (wish === undefined) return { response, isWish: false };
    if (response.status >= 400 && refusesWish(response.status, await response.clone().text())) {
      await response.body?.cancel();
      refusing.add(baseURL);
      return { response: await this.#sendOnce(url, request.body), isWish: false };
    }
    return { response, isWish: true };
  }

  async #sendOnce(url: string, body: string | Uint8Array): Promise<Response> {
    const { request, connection, lease, sender } = this.#parts;
    const { response, sentAt, retries } = await sender.exchange(url, {
      method: request.method,
      headers: forwardedHeaders(request, connection),
      ...(body.length === 0 ? {} : { body }),
      signal: anySignal(request.signal, lease, this.#ending.signal),
    });
    this.#sentAt = sentAt;
    this.#retries += retries;
    return response;
  }

  async *#body(
    response: Response,
    reader: CallReader,
    { isStream, filter }: { readonly isStream: boolean; readonly filter: UsageFilter | undefined },
  ): AsyncGenerator<Uint8Array, void, undefined> {
    let isWhole = false;
    try {
      for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
        reader.push(chunk);
        if (isStream && reader.hasWords) this.#firstTokenMs ??= performance.now() - this.#sentAt;
        const passed = filter === undefined ? chunk : filter.push(chunk);
        if (passed.length > 0) yield passed;
      }
      isWhole = true;
      this.#noteRead(reader.end());
    } catch (error) {
      this.#note({ error: shown(error) });
      throw error;
    } finally {
      // The application has left: what came until then is all that it wanted.
      if (!isWhole) this.#noteLeft(reader);
    }
    const rest = filter?.end();
    if (rest !== undefined && rest.length > 0) yield rest;
  }

  #noteLeft(reader: CallReader): void {
    const read = reader.end();
    if (read.error === undefined) this.#noteRead(read);
    else this.#note({});
  }

  #noteRead({ facts, answer, error }: ReadCall): void {
    const status = this.#status ?? 0;
    const words = status >= 400 ? wordsOf(answer) : error;
    this.#note({ ...facts, ...(words === undefined ? {} : { error: words }) }, answer);
  }

  #note(facts: Partial<CallFacts>, answer: Json = null): void {
    if (this.#isNoted) return;
    this.#isNoted = true;
    const { request, path, note } = this.#parts;
    note(
      {
        ms: performance.now() - this.#sentAt,
        path: path.replace(/[?#].*/, ''),
        ...(this.#status === undefined ? {} : { status: this.#status }),
        ...(this.#firstTokenMs === undefined ? {} : { firstTokenMs: this.#firstTokenMs }),
        ...(this.#retries === 0 ? {} : { retries: this.#retries }),
        ...facts,
      },
      { request: asked(request), answer },
    );
  }
}

/** What an error says to those who must not see a secret, and print what they get. */
function shown(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  const words = cause === undefined ? messageOf(error) : `${messageOf(error)}: ${messageOf(cause)}`;
  return printable(redact(words));
}

function wordsOf(answer: Json): string {
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
  return printable(refusalOfBody(text)?.message ?? text).slice(0, 1000);
}

/** The body of a request as JSON, or what kind of a body it is. */
function asked({ headers, body }: TappedRequest): Json {
  if (body.byteLength === 0) return null;
  const parsed = parsedJson(new TextDecoder().decode(body));
  if (isObject(parsed) || Array.isArray(parsed)) return parsed as Json;
  return { type: headers['content-type'] ?? '', bytes: body.byteLength };
}
