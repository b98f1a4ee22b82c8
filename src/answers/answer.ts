/**
 * The number of tokens of one answer, as the server counts them.
 *
 * @example
 * const { usage } = await handle.client.generate('2 + 3');
 * console.log(`${usage?.promptTokens ?? '?'} tokens in, ${usage?.completionTokens ?? '?'} tokens out`);
 */
export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly totalTokens: number;
  /** Those of the prompt that the server had read before; absent if it does not say. */
  readonly cachedTokens?: number;
}

/**
 * A call of a tool that a model asks for.
 *
 * @example
 * const { toolCalls } = await handle.client.generate('Weather in Oslo?', { tools });
 * if (toolCalls[0]?.name === 'weather') forecast(toolCalls[0].arguments?.city);
 */
export interface ToolCall {
  /** The server's name for this call, which the answer to it repeats; undefined if it gives none. */
  readonly id: string | undefined;
  readonly name: string;
  /** Undefined if what the model wrote is no JSON object. */
  readonly arguments: Readonly<Record<string, unknown>> | undefined;
  /** The arguments as the model wrote them. */
  readonly written: string;
}

/** What a server answered to a request for a chat completion. */
export interface Answer {
  /** Empty if there is none; reasoning is not in it. */
  readonly text: string;
  /** What the model thought before its text; undefined if it did not, or keeps it to itself. */
  readonly reasoning: string | undefined;
  readonly toolCalls: readonly ToolCall[];
  /** What the model says where it refuses to answer; undefined if it does not, or says so in its text. */
  readonly refusal: string | undefined;
  /** The server's word, such as `stop`, `length`, `tool_calls` or `content_filter`; empty if it gives none. */
  readonly finishReason: string;
  /** Undefined if the server counts no tokens, or counts them in a way that is no number of tokens. */
  readonly usage: Usage | undefined;
  /** The model's name as the server answered it; empty if it gives none. */
  readonly model: string;
}

/** An answer of HTTP, as far as it was read. */
export interface Received {
  readonly status: number;
  /** Undefined if the server gives none. */
  readonly contentType: string | undefined;
  /** Milliseconds after which the server wants to be asked again; undefined if it does not say. */
  readonly retryAfterMs?: number | undefined;
  readonly body: string;
}
