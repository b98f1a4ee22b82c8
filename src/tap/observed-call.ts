import { refusalOfBody } from '../answers/answer-error';
import { readBody } from '../answers/read-body';
import type { Sender } from '../answers/waiting-fetch';
import { messageOf } from '../base/errors';
import { withText, type HttpAnswer } from '../base/http-answer';
import { isObject, parsedJson, type Json } from '../base/json';
import { printable } from '../base/printable';
import { readRetryAfter } from '../base/retry-after';
import { redact } from '../base/secrets';
import type { CallBodies, CallFacts } from '../pattern/model-calls';
import type { ModelConnection } from '../pattern/model-connection';
import { isReplayed } from './replayed';
import { requestBody, textOfBody } from './request-body';
import { apiPath } from './reading/api-path';
import { callReader } from './reading/call-reader';
import type { CallReader, ReadCall } from './reading/read-call';
import { refusesWish, UsageFilter, withUsageWish } from './usage-wish';

// Not the global: tests may put fake timers in its place.
const { performance } = process.getBuiltinModule('node:perf_hooks');

/** A request of an application, ready to be sent. */
export interface CallRequest {
  readonly url: string;
  /** What is asked, below the base URL: `/chat/completions`. */
  readonly path: string;
  readonly init: RequestInit;
  readonly connection: ModelConnection;
  readonly sender: Sender;
  /** Whether the application has left: what fails then is no fault of the model. */
  readonly hasLeft: () => boolean;
  /** Called once, before the application has the end of the answer. */
  readonly note: (facts: CallFacts, bodies: CallBodies) => void;
}

/** An answer that is read while it is taken. */
export interface ObservedAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Whether nobody was asked, since it was recorded. */
  readonly isReplayed: boolean;
  /** Throws what breaks the answer off. */
  readonly body: AsyncGenerator<Uint8Array, void, undefined>;
}

const longestError = 1000;

/** Base URLs of servers that refuse the wish for token counts in streams. */
const refusing = new Set<string>();

/**
 * One call of an application. It is sent, and its answer is read while it goes to the application, which gets no more of
 * it than it takes.
 */
export class ObservedCall {
  readonly #request: CallRequest;
  /** The body that is sent, if it is a text. */
  readonly #text: string | undefined;
  #sentAt = performance.now();
  #retries = 0;
  #status: number | undefined;
  #firstTokenMs: number | undefined;
  #reader: CallReader | undefined;
  #isReplayed = false;
  #isNoted = false;

  constructor(request: CallRequest) {
    this.#request = request;
    this.#text = textOfBody(request.init.body);
  }

  /** @throws what `fetch` throws, once it is noted. */
  async send(): Promise<ObservedAnswer> {
    try {
      const { response, isWish } = await this.#send();
      const { status, headers } = response;
      const contentType = headers.get('content-type') ?? undefined;
      const received = { status, contentType, retryAfterMs: readRetryAfter(headers) };
      const isStream = contentType?.startsWith('text/event-stream') === true;
      this.#status = status;
      this.#reader = callReader(this.#request.connection, this.#request.path, received);
      const filter = isWish && isStream ? new UsageFilter() : undefined;
      const body = this.#body(response, this.#reader, isStream, filter);
      return { status, headers, isReplayed: this.#isReplayed, body };
    } catch (error) {
      this.#note({ error: shownError(error) });
      throw error;
    }
  }

  /** Notes it, if that has not been done: nothing is waited for any more. */
  end(reason: string): void {
    const read = this.#reader?.end();
    // An application may have all that it wants before the answer is at its end.
    if (read !== undefined && read.error === undefined) this.#noteRead(read);
    else this.#note({ error: reason });
  }

  /** Sends it with the wish for token counts, and without it to a server that refuses that. */
  async #send(): Promise<{ response: HttpAnswer; isWish: boolean }> {
    const { path, init, connection } = this.#request;
    const { baseURL } = connection;
    const wish = refusing.has(baseURL) ? undefined : withUsageWish(path, this.#text);
    if (wish === undefined) return { response: await this.#sendOnce(init), isWish: false };
    const response = await this.#sendOnce({ ...init, body: wish });
    if (response.status < 400) return { response, isWish: true };
    const said = await readBody(this.#request.connection, response);
    if (!refusesWish(response.status, said)) return { response: withText(response, said), isWish: true };
    refusing.add(baseURL);
    return { response: await this.#sendOnce(init), isWish: false };
  }

  async #sendOnce(init: RequestInit): Promise<HttpAnswer> {
    const { url, connection, sender } = this.#request;
    const sent = await sender.exchange(url, init);
    this.#isReplayed = sent.isReplayed ?? isReplayed(connection.baseURL, sent.response.headers);
    this.#sentAt = sent.sentAt;
    this.#retries += sent.retries;
    return sent.response;
  }

  async *#body(
    response: HttpAnswer,
    reader: CallReader,
    isStream: boolean,
    filter: UsageFilter | undefined,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const chunk of response.body ?? []) {
        reader.push(chunk);
        if (isStream && reader.hasWords) this.#firstTokenMs ??= performance.now() - this.#sentAt;
        const passed = filter === undefined ? chunk : filter.push(chunk);
        if (passed.length > 0) yield passed;
      }
      this.#noteRead(reader.end());
    } catch (error) {
      if (!this.#request.hasLeft()) this.#note({ error: shownError(error) });
      throw error;
    } finally {
      this.#noteLeft(reader);
    }
    const rest = filter?.end();
    if (rest !== undefined && rest.length > 0) yield rest;
  }

  /** The application has left: what came until then is all that it wanted. When the tokens arrive is chance. */
  #noteLeft(reader: CallReader): void {
    if (this.#isNoted) return;
    const read = reader.end();
    if (read.error === undefined) this.#noteRead(read);
    else this.#note({});
  }

  #noteRead({ facts, answer, error }: ReadCall): void {
    const isRefused = (this.#status ?? 0) >= 400;
    const failed = isRefused ? refusedWith(answer) : error === undefined ? {} : { error };
    this.#note({ ...facts, ...failed }, answer);
  }

  #note(facts: Partial<CallFacts>, answer: Json = null): void {
    if (this.#isNoted) return;
    this.#isNoted = true;
    const { path, init, connection, note } = this.#request;
    const text = this.#text;
    note(
      {
        ms: performance.now() - this.#sentAt,
        path: apiPath(path),
        ...otherModel(text, connection),
        ...(this.#status === undefined ? {} : { status: this.#status }),
        ...(this.#firstTokenMs === undefined ? {} : { firstTokenMs: this.#firstTokenMs }),
        ...(this.#retries === 0 ? {} : { retries: this.#retries }),
        ...(this.#isReplayed ? { replayed: true } : {}),
        ...facts,
      },
      {
        // Read when somebody wants it.
        get request() {
          return requestBody(init.body, text);
        },
        answer,
      },
    );
  }
}

/** The application may ask the endpoint for another model than the one that is evaluated. */
function otherModel(text: string | undefined, { model: own }: ModelConnection): Pick<CallFacts, 'model'> {
  // Most requests name the right one, and need not be parsed.
  if (text === undefined || own === '' || text.includes(`"model":${JSON.stringify(own)}`)) return {};
  const asked = parsedJson(text);
  const model = isObject(asked) ? asked['model'] : undefined;
  return typeof model === 'string' && model !== own ? { model: printable(model).slice(0, longestError) } : {};
}

/** What an error says to those who must not see a secret, and print what they get. */
export function shownError(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  const words = cause === undefined ? messageOf(error) : `${messageOf(error)}: ${messageOf(cause)}`;
  return printable(redact(words)).slice(0, longestError);
}

function refusedWith(answer: Json): Pick<CallFacts, 'error' | 'errorCode'> {
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
  const { message = text, code, type } = refusalOfBody(text) ?? {};
  const word = code ?? type;
  return {
    error: printable(message).slice(0, longestError),
    ...(word === undefined ? {} : { errorCode: printable(word).slice(0, longestError) }),
  };
}
