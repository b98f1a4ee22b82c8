import { StringDecoder } from 'node:string_decoder';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Engine } from './engine';
import { createSampler, logSumExp, topTokens, type SamplingOptions } from './sampling';
import { StopStrings } from './stop-strings';

/** Evaluations between two turns of the event loop: about 2 ms for the models of this package. */
const evaluationsPerTurn = 8;

export type FinishReason = 'stop' | 'length';

export interface GenerationOptions {
  readonly sampling: SamplingOptions;
  /** At least 1. The model's context length limits prompt and answer together. */
  readonly maxTokens: number;
  /** The text ends before the first of these; they may span tokens. */
  readonly stop: readonly string[];
  /** How many alternatives to report for each token; undefined to report no probabilities. */
  readonly topLogprobs: number | undefined;
  /** Ends the generation: the iterator then throws the signal's reason. */
  readonly signal: AbortSignal;
}

/** A token and how likely the model found it before any sampling option was applied. */
export interface TokenProbability {
  readonly bytes: Uint8Array;
  /** Natural logarithm of the probability. */
  readonly logprob: number;
}

export interface GeneratedToken extends TokenProbability {
  /** Likeliest first; empty when not asked for. */
  readonly alternatives: readonly TokenProbability[];
}

/** A step forward in an answer. The last step, and only that one, has a finish reason. */
export interface GenerationStep {
  /** New text in whole characters; may be empty. */
  readonly text: string;
  /** The tokens of that text; empty when no probabilities were asked for. */
  readonly tokens: readonly GeneratedToken[];
  readonly finishReason: FinishReason | null;
  /** Tokens generated so far; the token that ends an answer counts too, as in llama-server. */
  readonly completionTokens: number;
}

interface PendingToken {
  readonly token: GeneratedToken;
  /** Length of the whole text, in UTF-16 units, before this token. */
  readonly start: number;
}

/**
 * Continues a prompt. Gives the event loop a turn every few tokens, so that several generations advance
 * together.
 *
 * @param prompt token ids: at least one, and fewer than the context length
 */
export async function* generate(
  engine: Engine,
  prompt: readonly number[],
  options: GenerationOptions,
): AsyncGenerator<GenerationStep, void> {
  const { model, tokenizer } = engine;
  const { endTokens, outputBytes } = tokenizer.vocabulary;
  const logits = new Float32Array(model.parameters.vocabularySize);
  const sample = createSampler(options.sampling);
  const answer = new AnswerText(options.stop);
  const limit = Math.min(options.maxTokens, model.parameters.contextLength - prompt.length);
  const cache = model.createCache();

  const evaluate = async (token: number, wanted: boolean): Promise<void> => {
    if (cache.length % evaluationsPerTurn === 0) await nextTurn();
    options.signal.throwIfAborted();
    model.evaluate(cache, token, wanted ? logits : undefined);
  };

  for (const [index, token] of prompt.entries()) await evaluate(token, index === prompt.length - 1);
  for (let completionTokens = 1; ; completionTokens++) {
    const id = sample(logits);
    if (endTokens.has(id)) {
      yield { ...answer.end(), finishReason: 'stop', completionTokens };
      return;
    }
    const token =
      options.topLogprobs === undefined
        ? undefined
        : probabilityOf(logits, id, options.topLogprobs, outputBytes);
    const released = answer.push(outputBytes[id]!, token);
    if (released.stopped) {
      yield { text: released.text, tokens: released.tokens, finishReason: 'stop', completionTokens };
      return;
    }
    if (completionTokens >= limit) {
      const rest = answer.end();
      const tokens = [...released.tokens, ...rest.tokens];
      yield { text: released.text + rest.text, tokens, finishReason: 'length', completionTokens };
      return;
    }
    if (released.text !== '' || released.tokens.length > 0) {
      yield { text: released.text, tokens: released.tokens, finishReason: null, completionTokens };
    }
    await evaluate(id, true);
  }
}

function probabilityOf(
  logits: Float32Array,
  id: number,
  alternatives: number,
  outputBytes: readonly Uint8Array[],
): GeneratedToken {
  const total = logSumExp(logits);
  const describe = (candidate: number): TokenProbability => ({
    bytes: outputBytes[candidate]!,
    logprob: logits[candidate]! - total,
  });
  const likeliest = alternatives === 0 ? [] : topTokens(logits, alternatives);
  return { ...describe(id), alternatives: likeliest.map(describe) };
}

/**
 * Turns bytes into text that may be shown: whole characters, without text that may become part of a stop
 * string.
 */
class AnswerText {
  readonly #decoder = new StringDecoder('utf8');
  readonly #stops: StopStrings;
  #pending: PendingToken[] = [];
  #decoded = 0;
  #released = 0;

  constructor(stops: readonly string[]) {
    this.#stops = new StopStrings(stops);
  }

  push(
    bytes: Uint8Array,
    token: GeneratedToken | undefined,
  ): { text: string; tokens: GeneratedToken[]; stopped: boolean } {
    if (token !== undefined) this.#pending.push({ token, start: this.#decoded });
    const piece = this.#decoder.write(Buffer.from(bytes));
    this.#decoded += piece.length;
    const { text, stopped } = this.#stops.push(piece);
    return { text, stopped, tokens: this.#take(text) };
  }

  /** The rest of an answer that no stop string ended. */
  end(): { text: string; tokens: GeneratedToken[] } {
    const { text, stopped } = this.#stops.push(this.#decoder.end());
    const all = stopped ? text : text + this.#stops.flush();
    const tokens = this.#take(all);
    return {
      text: all,
      tokens: stopped ? tokens : [...tokens, ...this.#pending.splice(0).map(({ token }) => token)],
    };
  }

  /** The pending tokens that contributed to the text released up to here. */
  #take(text: string): GeneratedToken[] {
    this.#released += text.length;
    const waiting = this.#pending.findIndex(({ start }) => start >= this.#released);
    return this.#pending.splice(0, waiting < 0 ? this.#pending.length : waiting).map(({ token }) => token);
  }
}
