// Not the globals: tests may put fake timers in their place.
import { performance } from 'node:perf_hooks';
import { clearTimeout, setTimeout } from 'node:timers';
import type OpenAI from 'openai';
import type {
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import { ModelProviderError } from '../../pattern/errors';
import type { ClientContext } from '../../pattern/resource-context';
import { requestError } from './request-error';

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
   * @throws ModelProviderError `REQUEST_FAILED` with the server's status and message, `RESOURCE_LOST` if the server died,
   *   `HANDLE_CLOSED` if the lease ended meanwhile; the signal's reason if it aborts.
   */
  async generate(
    prompt: string | readonly ChatMessage[],
    options: GenerateOptions = {},
  ): Promise<Generation> {
    const start = performance.now();
    const raw = await this.#guard(options, (signal) =>
      this.openai.chat.completions.create(this.#body(prompt, options), { signal }),
    );
    const latencyMs = performance.now() - start;
    const choice = raw.choices[0];
    if (choice === undefined)
      throw new ModelProviderError('REQUEST_FAILED', `"${this.model}" answered without any choice.`);
    return {
      text: choice.message.content ?? '',
      usage: readUsage(raw.usage),
      finishReason: choice.finish_reason,
      latencyMs,
      model: raw.model,
      raw,
    };
  }

  /**
   * Asks the model and yields the answer's text piece by piece. Leaving the loop early ends the request.
   *
   * @throws as {@link generate}, also in the middle of an answer.
   * @example
   * for await (const piece of handle.client.stream('Tell me')) process.stdout.write(piece);
   */
  async *stream(
    prompt: string | readonly ChatMessage[],
    options: GenerateOptions = {},
  ): AsyncGenerator<string, void, undefined> {
    const body = { ...this.#body(prompt, options), stream: true } as const;
    const chunks = await this.#guard(options, (signal) =>
      this.openai.chat.completions.create(body, { signal }),
    );
    const iterator = chunks[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.#guard(options, () => iterator.next());
        if (next.done === true) return;
        const piece = next.value.choices[0]?.delta.content;
        if (typeof piece === 'string' && piece !== '') yield piece;
      }
    } finally {
      chunks.controller.abort();
    }
  }

  #body(
    prompt: string | readonly ChatMessage[],
    options: GenerateOptions,
  ): ChatCompletionCreateParamsNonStreaming {
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

  /** Runs a request so that it ends with the lease, and so that every failure says what failed. */
  async #guard<T>(options: GenerateOptions, send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const signals = [this.#lease, ...(options.signal === undefined ? [] : [options.signal])];
    const ended = firstAborted(signals);
    try {
      for (const signal of signals) signal.throwIfAborted();
      return await Promise.race([send(AbortSignal.any(signals)), ended.promise]);
    } catch (error) {
      // The socket's error often comes before the news that its server died; the cause counts, not the order.
      await settleLoss(this.#lease);
      for (const signal of signals) signal.throwIfAborted();
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

const lossNewsMs = 250;

/** Gives the session a moment to tell that the resource died, if a request has just failed. */
function settleLoss(lease: AbortSignal): Promise<void> {
  if (lease.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, lossNewsMs);
    lease.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

function firstAborted(signals: readonly AbortSignal[]): { promise: Promise<never>; forget(): void } {
  const listeners = new Map<AbortSignal, () => void>();
  const promise = new Promise<never>((_resolve, reject) => {
    for (const signal of signals) {
      const listener = (): void => reject(signal.reason as Error);
      listeners.set(signal, listener);
      signal.addEventListener('abort', listener, { once: true });
    }
  });
  promise.catch(() => undefined);
  return {
    promise,
    forget: () => {
      for (const [signal, listener] of listeners) signal.removeEventListener('abort', listener);
    },
  };
}

function readUsage(usage: OpenAI.CompletionUsage | undefined): Usage | undefined {
  if (usage === undefined) return undefined;
  return {
    promptTokens: usage.prompt_tokens,
    completionTokens: usage.completion_tokens,
    totalTokens: usage.total_tokens,
  };
}
