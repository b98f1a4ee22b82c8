import { randomUUID } from 'node:crypto';
import type {
  FinishReason,
  GeneratedToken,
  GenerationStep,
  TokenProbability,
} from '../generation/generation';

/** Token counts of one request. */
export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** An answer, or as much of it as one chunk of a stream brings. */
export interface AnswerPiece {
  readonly text: string;
  /** Undefined when no probabilities were asked for. */
  readonly tokens: readonly GeneratedToken[] | undefined;
  readonly finishReason: FinishReason | null;
}

/** How one endpoint writes answers; made anew for each request. */
export interface CompletionFormat {
  /** The body of an answer that is not streamed. */
  whole(answer: AnswerPiece, usage: Usage): object;
  /** A chunk that opens a stream, before the first text; undefined when the endpoint has none. */
  opening(): object | undefined;
  chunk(piece: AnswerPiece): object;
  /** The chunk after the answer that brings the token counts. */
  usageChunk(usage: Usage): object;
}

/** Lowest log-probability in a response: JSON has no infinity, and OpenAI uses this number too. */
const leastLogprob = -9999;

const logprobOf = ({ logprob }: TokenProbability): number => Math.max(logprob, leastLogprob);
const textOf = ({ bytes }: TokenProbability): string => Buffer.from(bytes).toString('utf8');

/** The format of `/v1/chat/completions`. `usageWanted` adds `usage: null` to chunks, as OpenAI does. */
export function chatFormat(model: string, usageWanted: boolean): CompletionFormat {
  const { head, chunkTail } = commonFields('chatcmpl', model, usageWanted);
  const logprobs = ({ tokens }: AnswerPiece): object | null =>
    tokens === undefined ? null : { content: tokens.map(chatLogprob), refusal: null };
  const chunk = (delta: object, piece: AnswerPiece): object => ({
    ...head('chat.completion.chunk'),
    choices: [{ index: 0, delta, logprobs: logprobs(piece), finish_reason: piece.finishReason }],
    ...chunkTail,
  });
  return {
    whole: (answer, usage) => ({
      ...head('chat.completion'),
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: answer.text, refusal: null },
          logprobs: logprobs(answer),
          finish_reason: answer.finishReason,
        },
      ],
      usage,
    }),
    opening: () =>
      chunk({ role: 'assistant', content: '' }, { text: '', tokens: undefined, finishReason: null }),
    chunk: (piece) => chunk(piece.text === '' ? {} : { content: piece.text }, piece),
    usageChunk: (usage) => ({ ...head('chat.completion.chunk'), choices: [], usage }),
  };
}

/** The format of `/v1/completions`. Text offsets count from the start of the answer. */
export function textFormat(model: string, usageWanted: boolean): CompletionFormat {
  const { head, chunkTail } = commonFields('cmpl', model, usageWanted);
  let offset = 0;
  const choice = (piece: AnswerPiece): object => {
    const logprobs = piece.tokens === undefined ? null : textLogprobs(piece.tokens, offset);
    offset += piece.tokens?.reduce((length, token) => length + textOf(token).length, 0) ?? 0;
    return { index: 0, text: piece.text, logprobs, finish_reason: piece.finishReason };
  };
  return {
    whole: (answer, usage) => ({ ...head('text_completion'), choices: [choice(answer)], usage }),
    opening: () => undefined,
    chunk: (piece) => ({ ...head('text_completion'), choices: [choice(piece)], ...chunkTail }),
    usageChunk: (usage) => ({ ...head('text_completion'), choices: [], usage }),
  };
}

/** The token counts after a generation's last step. */
export function usageOf(promptTokens: number, { completionTokens }: GenerationStep): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}

function commonFields(
  prefix: string,
  model: string,
  usageWanted: boolean,
): { head: (object: string) => object; chunkTail: object } {
  const id = `${prefix}-${randomUUID()}`;
  const created = Math.floor(Date.now() / 1000);
  return {
    head: (object) => ({ id, object, created, model }),
    chunkTail: usageWanted ? { usage: null } : {},
  };
}

function chatLogprob(token: GeneratedToken): object {
  const describe = (candidate: TokenProbability): object => ({
    token: textOf(candidate),
    logprob: logprobOf(candidate),
    bytes: Array.from(candidate.bytes),
  });
  return { ...describe(token), top_logprobs: token.alternatives.map(describe) };
}

function textLogprobs(tokens: readonly GeneratedToken[], start: number): object {
  let offset = start;
  return {
    tokens: tokens.map(textOf),
    token_logprobs: tokens.map(logprobOf),
    top_logprobs: tokens.map(({ alternatives }) =>
      Object.fromEntries(alternatives.map((candidate) => [textOf(candidate), logprobOf(candidate)])),
    ),
    text_offset: tokens.map((token) => {
      const here = offset;
      offset += textOf(token).length;
      return here;
    }),
  };
}
