// Not the globals: tests may put fake timers in their place.
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type OpenAI from 'openai';
import type {
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import { ModelProviderError } from '../../pattern/errors';
import { showValue } from '../../pattern/json';
import { noteCall } from '../../pattern/model-calls';
import { checkedElsewhere, checkOptionsOf, type OptionRule } from '../../pattern/option-rules';
import type { ClientContext } from '../../pattern/resource-context';
import { isSocketError, requestError } from './request-error';

/** How any process reaches an OpenAI-compatible model. */
export type ModelConnection = {
  /** Ends with `/v1` or whatever the endpoint calls it. */
  baseURL: string;
  apiKey: string;
  /** The model's name in requests. */
  model: string;
};

/** A chat message; the SDK's own type. */
export type ChatMessage = ChatCompletionMessageParam;

/** Options of one generation; what is not given is left to the server. */
export interface GenerateOptions {
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly stop?: string | string[];
  /** Ends the request; it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Anything else that the endpoint takes in the body. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly totalTokens: number;
}

/** One answer of a model. */
export interface Generation {
  readonly text: string;
  /** Undefined if the server counts no tokens. */
  readonly usage: Usage | undefined;
  readonly finishReason: string;
  /** Milliseconds from sending the request to having the whole answer. */
  readonly latencyMs: number;
  /** The model that the server says has answered. */
  readonly model: string;
  /** The server's own answer. */
  readonly raw: OpenAI.ChatCompletion;
}

const rules: Record<keyof GenerateOptions, OptionRule> = {
  maxTokens: checkedElsewhere,
  temperature: checkedElsewhere,
  topP: checkedElsewhere,
  seed: checkedElsewhere,
  stop: checkedElsewhere,
  signal: checkedElsewhere,
  extra: checkedElsewhere,
};

/**
 * The client of every OpenAI-compatible model: a thin `generate()` over the official SDK, which is there as `.openai`.
 *
 * Requests are sent once: retries would hide a failing server and spoil measured latencies.
 *
 * @example
 * const { text, usage } = await handle.client.generate('2 + 3', { maxTokens: 8, temperature: 0 });
 */
export class ModelClient {
  /** The name under which the model is asked for. */
  readonly model: string;
  readonly #connection: ModelConnection;
  readonly #lease: AbortSignal;
  #openai: OpenAI | undefined;

  constructor(connection: ModelConnection, context: Pick<ClientContext, 'signal'>) {
    this.model = connection.model;
    this.#connection = connection;
    this.#lease = context.signal;
  }

  /** The official SDK's object, set up for this model's server. Loaded at its first use. */
  get openai(): OpenAI {
    this.#openai ??= this.#makeSdk();
    return this.#openai;
  }

  /**
   * Asks the model and waits for the whole answer.
   *
   * @throws ModelProviderError `CONFIG_INVALID` for a prompt or an option that cannot be meant, `REQUEST_FAILED` with the server's
   *   status and message, `RESOURCE_LOST` if the server died, `HANDLE_CLOSED` if the lease ended meanwhile; the signal's reason if it aborts.
   */
  async generate(
    prompt: string | readonly ChatMessage[],
    options: GenerateOptions = {},
  ): Promise<Generation> {
    const start = performance.now();
    const body = this.#body(prompt, options);
    const ends = this.#ends(options);
    const raw = await this.#guard(ends, () => this.openai.chat.completions.create(body, { signal: ends }));
    const latencyMs = performance.now() - start;
    // Servers that only call themselves compatible leave out what the SDK's types promise.
    const choice = (raw as Partial<OpenAI.ChatCompletion>).choices?.[0];
    if (choice === undefined)
      throw new ModelProviderError('REQUEST_FAILED', `"${this.model}" answered without any choice.`);
    const usage = readUsage(raw.usage);
    this.#note(latencyMs, usage);
    return {
      text: choice.message.content ?? '',
      usage,
      finishReason: choice.finish_reason,
      latencyMs,
      model: raw.model,
      raw,
    };
  }

  /**
   * Asks the model and yields the answer's text piece by piece. Leaving the loop early ends the request. The server is asked for its
   * token counts; for one that refuses to be asked, give `extra: { stream_options: undefined }`.
   *
   * @throws as {@link generate}, also in the middle of an answer.
   * @example
   * for await (const piece of handle.client.stream('Tell me')) process.stdout.write(piece);
   */
  async *stream(
    prompt: string | readonly ChatMessage[],
    options: GenerateOptions = {},
  ): AsyncGenerator<string, void, undefined> {
    const start = performance.now();
    const asked = { stream: true, stream_options: { include_usage: true } } as const;
    const body = { ...asked, ...this.#body(prompt, options), stream: true } as const;
    const ends = this.#ends(options);
    const chunks = await this.#guard(ends, () => this.openai.chat.completions.create(body, { signal: ends }));
    const iterator = chunks[Symbol.asyncIterator]();
    let isAnswered = true;
    let latencyMs = 0;
    let usage: Usage | undefined;
    try {
      for (;;) {
        const next = await this.#guard(ends, () => iterator.next());
        latencyMs = performance.now() - start;
        if (next.done === true) return;
        const { choices, usage: counted } = next.value as Partial<OpenAI.ChatCompletionChunk>;
        usage = readUsage(counted) ?? usage;
        const piece = choices?.[0]?.delta.content;
        if (typeof piece === 'string' && piece !== '') yield piece;
      }
    } catch (error) {
      isAnswered = false;
      throw error;
    } finally {
      chunks.controller.abort();
      // An answer that was not read to its end counts as far as it came.
      if (isAnswered) this.#note(latencyMs, usage);
    }
  }

  #note(latencyMs: number, { promptTokens, completionTokens }: Partial<Usage> = {}): void {
    noteCall({
      client: this,
      latencyMs,
      promptTokens: promptTokens ?? 0,
      completionTokens: completionTokens ?? 0,
    });
  }

  #body(
    prompt: string | readonly ChatMessage[],
    options: GenerateOptions,
  ): ChatCompletionCreateParamsNonStreaming {
    checkCall(prompt, options);
    const { maxTokens, temperature, topP, seed, stop, extra } = options;
    return {
      model: this.model,
      messages: typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : [...prompt],
      // Deprecated in OpenAI's own service alone: the other servers know only these two.
      /* eslint-disable @typescript-eslint/no-deprecated */
      ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
      ...(seed === undefined ? {} : { seed }),
      /* eslint-enable @typescript-eslint/no-deprecated */
      ...(temperature === undefined ? {} : { temperature }),
      ...(topP === undefined ? {} : { top_p: topP }),
      ...(stop === undefined ? {} : { stop }),
      ...extra,
    };
  }

  /** A signal of one request: it ends with the lease, or when the caller says so. */
  #ends({ signal }: GenerateOptions): AbortSignal {
    return AbortSignal.any(signal === undefined ? [this.#lease] : [this.#lease, signal]);
  }

  /** Runs a step of a request so that it ends when it should, and so that every failure says what failed. */
  async #guard<T>(ends: AbortSignal, send: () => Promise<T>): Promise<T> {
    const ended = rejection(ends);
    try {
      ends.throwIfAborted();
      return await Promise.race([send(), ended.promise]);
    } catch (error) {
      // The socket's error often comes before the news that its server died; the cause counts, not the order.
      if (isSocketError(error) && !ends.aborted) await aborted(this.#lease, lossNewsMs);
      this.#lease.throwIfAborted();
      ends.throwIfAborted();
      throw requestError(error, this.#connection);
    } finally {
      ended.forget();
    }
  }

  #makeSdk(): OpenAI {
    // Loaded here, not at the top: most specs that import a provider never talk to a model from this file.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const { OpenAI: Sdk } = require('openai') as typeof import('openai');
    const { baseURL, apiKey } = this.#connection;
    // The key is meant for this server only, and a Jest environment that looks like a browser is still Node.
    return new Sdk({
      baseURL,
      apiKey,
      maxRetries: 0,
      organization: null,
      project: null,
      dangerouslyAllowBrowser: true,
    });
  }
}

/** How long the session may take to tell that the resource died, after a socket has failed. */
const lossNewsMs = 250;

/** Resolves when `signal` aborts or the time is up. */
async function aborted(signal: AbortSignal, ms: number): Promise<void> {
  // A signal of its own, since many requests may fail at once and listeners are counted.
  await delay(ms, undefined, { signal: AbortSignal.any([signal]) }).catch(() => undefined);
}

function rejection(signal: AbortSignal): { promise: Promise<never>; forget(): void } {
  let listener = (): void => undefined;
  const promise = new Promise<never>((_resolve, reject) => {
    listener = () => reject(signal.reason as Error);
    signal.addEventListener('abort', listener, { once: true });
  });
  promise.catch(() => undefined);
  return { promise, forget: () => signal.removeEventListener('abort', listener) };
}

function readUsage(usage: OpenAI.CompletionUsage | null | undefined): Usage | undefined {
  if (usage == null) return undefined;
  return {
    promptTokens: usage.prompt_tokens,
    completionTokens: usage.completion_tokens,
    totalTokens: usage.total_tokens,
  };
}

/** Values are the server's to judge; an option under a wrong name would be left out in silence. */
function checkCall(prompt: unknown, options: object): void {
  checkOptionsOf('generate()', options, rules, 'What the endpoint alone knows goes into extra.');
  if (typeof prompt === 'string' || Array.isArray(prompt)) return;
  throw new ModelProviderError(
    'CONFIG_INVALID',
    `generate(): the prompt is ${showValue(prompt)}; it must be a text or an array of messages.`,
  );
}
