import { cut } from '../../base/cut';
import type { Answer, Received } from '../../answers/answer';
import { refused } from '../../answers/answer-error';
import { AnswerStream } from '../../answers/answer-stream';
import { callBodies } from '../../answers/call-bodies';
import { gateOf } from '../../answers/endpoint-gate';
import { readAnswer, type ReasoningOption } from '../../answers/read-answer';
import { ByteLimit, mostAnswerBytes, readBody } from '../../answers/read-body';
import { StreamReader } from '../../answers/read-stream';
import { fetchFor } from '../../answers/send';
import { isOddUsage } from '../../answers/usage';
import { WaitingFetch, type Sent } from '../../answers/waiting-fetch';
import { abortable } from '../../base/abortable';
import { anySignal } from '../../base/any-signal';
import type { HttpAnswer } from '../../base/http-answer';
import { isModelProviderError, localError, ModelProviderError } from '../../base/errors';
import { isObject, showValue } from '../../base/json';
import { checkedElsewhere, checkOptionsOf, texts, whole, type OptionRule } from '../../base/option-rules';
import { printable } from '../../base/printable';
import { AbortController } from '../../base/real-globals';
import { readRetryAfter } from '../../base/retry-after';
import { beginCall, currentCaller, type CallFacts } from '../../pattern/model-calls';
import type { ClientContext } from '../../pattern/resource-context';
import { shownError } from '../../tap/observed-call';
import { observedFetch } from '../../tap/observed-fetch';
import { onBehalfOf } from '../../tap/on-behalf';
import { factsOfAnswer } from '../../tap/reading/answer-facts';
import { isReplayed } from '../../tap/replayed';
import type { ChatCompletion, PromptMessage, Tool } from './chat-completion';
import type { ModelConnection } from '../../pattern/model-connection';
import { openSdk, type OpenAIClient } from './driver';
import { requestError } from './request-error';

// Not the globals: tests may replace those by fake timers.
const { performance } = process.getBuiltinModule('node:perf_hooks');
const { setTimeout: delay } = process.getBuiltinModule('node:timers/promises');

/** Options of one generation. An option that is left out is left to the server. */
export interface GenerateOptions {
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly stop?: string | string[];
  /** What the model may call; its calls are in `toolCalls` of the reply. */
  readonly tools?: readonly Tool[];
  /**
   * What becomes of the reasoning at the beginning of the text: by default it is taken out, and is in
   * `reasoning` of the reply. `'keep'` leaves the text as it came. `{ opened: true }` is for a model whose
   * template opens the block in the prompt, so that its text begins inside of it: `stream()` cannot know that
   * before the block ends.
   */
  readonly reasoning?: ReasoningOption;
  /** The most bytes of the answer; 64 MiB by default. What is longer is an error while it is being read. */
  readonly maxAnswerBytes?: number;
  /** Aborts the request, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Further fields of the request's body. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** One answer of a model. */
export interface Generation extends Answer {
  /** Milliseconds from sending the request, for the last time, to the end of the answer. */
  readonly latencyMs: number;
  /** The server's answer: its body, or the last events' worth of a stream put together. */
  readonly raw: ChatCompletion;
}

type CallingContext = Pick<ClientContext, 'signal' | 'spec'>;

const path = '/chat/completions';

const reasoningRule: OptionRule = {
  allows: (value) => value === 'keep' || (value as { opened?: unknown } | null)?.opened === true,
  wanted: "'keep' or { opened: true }",
};

// JSON has no NaN: the server would get null, and take its own default.
const number: OptionRule = { allows: Number.isFinite, wanted: 'a number' };

const rules: Record<keyof GenerateOptions, OptionRule> = {
  maxTokens: whole(1),
  temperature: number,
  topP: number,
  seed: number,
  stop: {
    allows: (value) => typeof value === 'string' || texts.allows(value),
    wanted: 'a text, or an array of texts',
  },
  tools: { allows: (value) => Array.isArray(value) && value.every(isObject), wanted: 'an array of tools' },
  reasoning: reasoningRule,
  maxAnswerBytes: whole(1),
  signal: checkedElsewhere,
  extra: { allows: isObject, wanted: 'an object' },
};

/**
 * The client of every OpenAI-compatible model: `generate()` and `stream()`, which need no other package, and the
 * official SDK as `.openai` for all the rest.
 *
 * Requests are sent once, but for 429: retries would hide a failing server and distort measured latencies.
 * After a 429 all requests to the endpoint wait, in the whole run, until the time that it names.
 *
 * @example
 * const { text, usage } = await handle.client.generate('2 + 3', { maxTokens: 8, temperature: 0 });
 */
export class ModelClient {
  /** The model's name in requests. */
  readonly model: string;
  readonly #connection: ModelConnection;
  readonly #context: CallingContext;
  readonly #sender: WaitingFetch;
  #openai: OpenAIClient | undefined;
  #isUsageNoted = false;

  constructor(connection: ModelConnection, context: CallingContext) {
    this.model = connection.model;
    this.#connection = connection;
    this.#context = context;
    this.#sender = new WaitingFetch(fetchFor(connection), gateOf(connection.baseURL), () =>
      onBehalfOf(currentCaller(), context.signal),
    );
  }

  /**
   * The official SDK's client, configured for this model's server. Loaded at first use from the package `openai`,
   * which you install yourself.
   *
   * @throws ModelProviderError `DEPENDENCY_MISSING` if it is not installed.
   */
  get openai(): OpenAIClient {
    const seen = { connection: this.#connection, sender: this.#sender };
    this.#openai ??= openSdk(
      this.#connection,
      observedFetch(seen, () => beginCall(this.#context)),
    );
    return this.#openai;
  }

  /**
   * Asks the model and waits for the whole answer.
   *
   * @throws ModelProviderError `CONFIG_INVALID` for an invalid prompt or an unknown option, `REQUEST_FAILED`
   *   with the server's status and message, or with what came where that is no answer, `RESOURCE_LOST` if the
   *   server died, `HANDLE_CLOSED` if the lease ended meanwhile; the signal's reason if it aborts.
   */
  async generate(
    prompt: string | readonly PromptMessage[],
    options: GenerateOptions = {},
  ): Promise<Generation> {
    const body = JSON.stringify(this.#body(prompt, options));
    const begin = performance.now();
    const tell = beginCall(this.#context, path);
    try {
      const ends = this.#ends(options);
      const { response, sentAt, retries } = await this.#guard(ends, () => this.#send(body, ends));
      const received = await this.#guard(ends, () => this.#wholeOf(response, options));
      const latencyMs = performance.now() - sentAt;
      const { answer, raw } = readAnswer(this.#connection, received, options.reasoning);
      const facts = {
        ms: latencyMs,
        path,
        status: received.status,
        ...retried(retries),
        ...this.#replayed(response),
      };
      tell({ ...facts, ...factsOfAnswer(answer) }, callBodies(body, received.body));
      return this.#generation(answer, latencyMs, raw);
    } catch (error) {
      tell({ ms: performance.now() - begin, path, ...factsOfFailure(error) }, callBodies(body, undefined));
      throw error;
    }
  }

  /**
   * Asks the model and yields the answer's text piece by piece, without reasoning. Leaving the loop early ends
   * the request. The server is asked for its token counts; for a server that refuses that, give `extra: {
   * stream_options: undefined }`.
   *
   * @returns the pieces, and as `reply` a promise of the whole answer, for after the loop.
   * @throws as {@link generate}, also in the middle of an answer, and `ANSWER_CUT` if its end is missing.
   * @example
   * const stream = handle.client.stream('Tell me');
   * for await (const piece of stream) process.stdout.write(piece);
   * const { usage } = await stream.reply;
   */
  stream(prompt: string | readonly PromptMessage[], options: GenerateOptions = {}): AnswerStream<Generation> {
    return new AnswerStream(this.model, this.#pieces(prompt, options));
  }

  async *#pieces(
    prompt: string | readonly PromptMessage[],
    options: GenerateOptions,
  ): AsyncGenerator<string, Generation, undefined> {
    const asked = { stream: true, stream_options: { include_usage: true } } as const;
    const body = JSON.stringify({ ...asked, ...this.#body(prompt, options), stream: true });
    const left = new AbortController();
    const ends = this.#ends(options);
    const begin = performance.now();
    const tell = beginCall(this.#context, path);
    let facts: CallFacts = { ms: 0, path };
    let whole: unknown;
    try {
      const { response, sentAt, retries } = await this.#guard(ends, () =>
        this.#send(body, anySignal(ends, left.signal)),
      );
      const { status } = response;
      facts = { ...facts, status, ...retried(retries), ...this.#replayed(response) };
      if (status >= 400) {
        throw refused(this.#connection, await this.#guard(ends, () => this.#wholeOf(response, options)));
      }
      const reader = new StreamReader(this.#connection, factsOf(response), options.reasoning);
      const limit = new ByteLimit(
        this.#connection,
        response.status,
        options.maxAnswerBytes ?? mostAnswerBytes,
      );
      const chunks = response.body?.[Symbol.asyncIterator]();
      while (chunks !== undefined && !reader.isDone) {
        const next = await this.#guard(ends, () => chunks.next());
        facts = { ...facts, ms: performance.now() - sentAt };
        if (next.done === true) break;
        limit.add(next.value);
        const pieces = reader.push(next.value);
        if (reader.hasWords) facts = { firstTokenMs: facts.ms, ...facts };
        yield* pieces;
      }
      const { rest, answer, raw } = reader.end();
      yield* rest;
      whole = raw;
      facts = { ...facts, ...factsOfAnswer(answer) };
      return this.#generation(answer, facts.ms, raw);
    } catch (error) {
      facts = { ...facts, ms: performance.now() - begin, ...factsOfFailure(error) };
      throw error;
    } finally {
      left.abort();
      // An answer that was not read to its end counts up to where it was read, without tokens: when their
      // number arrives is chance.
      tell(facts, callBodies(body, whole));
    }
  }

  async #wholeOf(response: HttpAnswer, { maxAnswerBytes }: GenerateOptions): Promise<Received> {
    return { ...factsOf(response), body: await readBody(this.#connection, response, maxAnswerBytes) };
  }

  #generation(answer: Answer, latencyMs: number, raw: unknown): Generation {
    const { usage } = raw as { usage?: unknown };
    if (!this.#isUsageNoted && isOddUsage(usage)) {
      this.#isUsageNoted = true;
      process.emitWarning(
        `"${this.model}" counts its tokens as ${cut(printable(showValue(usage)), 200)}, which are no numbers of tokens: they are not counted.`,
      );
    }
    return { ...answer, latencyMs, raw: raw as ChatCompletion };
  }

  #replayed({ headers }: HttpAnswer): Pick<CallFacts, 'replayed'> {
    return isReplayed(this.#connection.baseURL, headers) ? { replayed: true } : {};
  }

  async #send(body: string, signal: AbortSignal): Promise<Sent> {
    const { baseURL, apiKey } = this.#connection;
    return this.#sender.exchange(`${baseURL}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body,
      signal,
    });
  }

  #body(prompt: string | readonly PromptMessage[], options: GenerateOptions): object {
    checkCall(prompt, options);
    const { maxTokens, temperature, topP, seed, stop, tools, extra } = options;
    return {
      model: this.model,
      messages: typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : prompt,
      // Deprecated in OpenAI's own service alone: the other servers know only these two.
      ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
      ...(seed === undefined ? {} : { seed }),
      ...(temperature === undefined ? {} : { temperature }),
      ...(topP === undefined ? {} : { top_p: topP }),
      ...(stop === undefined ? {} : { stop }),
      ...(tools === undefined ? {} : { tools }),
      ...extra,
    };
  }

  /** The signal of one request: aborted when the lease ends or the caller aborts. */
  #ends({ signal }: GenerateOptions): AbortSignal {
    return anySignal(this.#context.signal, ...(signal === undefined ? [] : [signal]));
  }

  /** Runs a step of a request: ends it on abort, and gives every failure a message that names the model. */
  async #guard<T>(ends: AbortSignal, send: () => Promise<T>): Promise<T> {
    try {
      ends.throwIfAborted();
      return await abortable(send(), ends);
    } catch (error) {
      // The socket's error often arrives before the news that the server died. The cause matters, not the
      // order.
      const { signal: lease } = this.#context;
      if (!isModelProviderError(error) && !ends.aborted) await aborted(lease, lossNewsMs);
      if (lease.aborted) throw localError(lease.reason);
      ends.throwIfAborted();
      throw requestError(error, this.#connection);
    }
  }
}

/** The most milliseconds between the failure of a socket and the session's report that the resource died. */
const lossNewsMs = 400;
/** Time alone would be up before the session can report it, where the machine has stood still. */
const looks = 8;

/** Resolves when `signal` aborts or the time is up. */
async function aborted(signal: AbortSignal, ms: number): Promise<void> {
  // A signal of its own: many requests may fail at once, and Node warns of many listeners on one signal.
  const news = anySignal(signal);
  for (let look = 0; look < looks && !news.aborted; look += 1)
    await delay(ms / looks, undefined, { signal: news }).catch(() => undefined);
}

function retried(retries: number): Pick<CallFacts, 'retries'> {
  return retries === 0 ? {} : { retries };
}

function factsOfFailure(error: unknown): Pick<CallFacts, 'error' | 'status'> {
  const { details } = error as { details?: { status?: unknown } };
  const status = details?.status;
  return { ...(typeof status === 'number' ? { status } : {}), error: shownError(error) };
}

function factsOf({ status, headers }: HttpAnswer): Omit<Received, 'body'> {
  return {
    status,
    contentType: headers.get('content-type') ?? undefined,
    retryAfterMs: readRetryAfter(headers),
  };
}

/**
 * Only the names are checked: the server judges the values, but would ignore an option under a wrong name.
 */
function checkCall(prompt: unknown, options: object): void {
  checkOptionsOf('generate()', options, rules, 'What the endpoint alone knows goes into extra.');
  if (typeof prompt === 'string' || Array.isArray(prompt)) return;
  throw new ModelProviderError(
    'CONFIG_INVALID',
    `generate(): the prompt is ${showValue(prompt)}; it must be a text or an array of messages.`,
  );
}
