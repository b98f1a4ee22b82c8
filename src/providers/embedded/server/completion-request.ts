import { cut } from '../../../base/cut';
import { randomInt } from 'node:crypto';
import { ApiError, invalidParameter } from './api-error';
import type { ChatMessage, TextPart } from '../tokenizer/chat-template';
import type { Engine } from '../generation/engine';
import type { GenerationOptions } from '../generation/generation';
import { readBoolean, readInteger, readNumber, readStop } from './parameters';
import { isJsonObject, type JsonObject } from './request-body';
import { refuseUnsupported } from './unsupported-parameters';

/** A checked request for a completion, ready to be generated. */
export interface CompletionRequest {
  /** The alias by which the client named the model. */
  readonly model: string;
  /** Token ids: at least one, fewer than the context length. */
  readonly prompt: readonly number[];
  readonly options: Omit<GenerationOptions, 'signal'>;
  readonly stream: boolean;
  /** Whether a stream ends with a chunk that states the token counts. */
  readonly includeUsage: boolean;
}

/** Turns the endpoint's own parameters into prompt text and the number of alternatives to report. */
export interface RequestForm {
  readonly promptOf: (body: JsonObject, engine: Engine) => string;
  readonly logprobsOf: (body: JsonObject) => number | undefined;
}

/**
 * Checks a request body.
 *
 * @throws `ApiError` naming the parameter: 400 when it is missing, invalid or unsupported, or when the prompt
 *   does not leave room in the context for an answer; 404 for a model that is not served here
 */
export function readCompletionRequest(
  body: JsonObject,
  form: RequestForm,
  engine: Engine,
  aliases: readonly string[],
): CompletionRequest {
  const model = readModel(body, aliases);
  refuseUnsupported(body);
  const most = Number.MAX_SAFE_INTEGER;
  const options = {
    sampling: {
      // Evaluations compare answers, so a request that states no temperature gets the repeatable answer
      // (OpenAI: 1).
      temperature: readNumber(body, 'temperature', 0, 2) ?? 0,
      topP: readNumber(body, 'top_p', 0, 1) ?? 1,
      topK: readInteger(body, 'top_k', 0, most) ?? 0,
      seed: readInteger(body, 'seed', -most, most) ?? randomInt(2 ** 32),
    },
    maxTokens:
      readInteger(body, 'max_completion_tokens', 1, most) ?? readInteger(body, 'max_tokens', 1, most) ?? most,
    stop: readStop(body),
    topLogprobs: form.logprobsOf(body),
  };
  const stream = readBoolean(body, 'stream') ?? false;
  const includeUsage = readIncludeUsage(body, stream);
  return { model, options, stream, includeUsage, prompt: readPrompt(body, form, engine) };
}

/** `/v1/chat/completions`: `messages`, and `logprobs` with `top_logprobs`. */
export const chatForm: RequestForm = {
  promptOf: (body, engine) => engine.renderChat(readMessages(body)),
  logprobsOf: (body) => {
    const wanted = readBoolean(body, 'logprobs') ?? false;
    const alternatives = readInteger(body, 'top_logprobs', 0, 20);
    if (alternatives !== undefined && !wanted)
      throw invalidParameter('top_logprobs', "needs 'logprobs' to be true");
    return wanted ? (alternatives ?? 0) : undefined;
  },
};

/** `/v1/completions`: `prompt`, and `logprobs` as the number of alternatives. */
export const textForm: RequestForm = {
  promptOf: (body) => {
    const value = body['prompt'];
    const prompt: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
    if (typeof prompt === 'string') return prompt;
    throw invalidParameter('prompt', 'has to be a string, or an array of one string');
  },
  logprobsOf: (body) => readInteger(body, 'logprobs', 0, 5),
};

function readModel(body: JsonObject, aliases: readonly string[]): string {
  const model = body['model'];
  if (typeof model !== 'string' || model === '')
    throw invalidParameter('model', 'has to be the name of a model');
  if (aliases.includes(model)) return model;
  throw new ApiError(404, 'invalid_request_error', `the model '${cut(model, 200)}' is not served here`, {
    param: 'model',
    code: 'model_not_found',
  });
}

function readIncludeUsage(body: JsonObject, stream: boolean): boolean {
  const options = body['stream_options'] ?? undefined;
  if (options === undefined) return false;
  if (!isJsonObject(options)) throw invalidParameter('stream_options', 'has to be an object');
  if (!stream) throw invalidParameter('stream_options', "needs 'stream' to be true");
  return readBoolean(options, 'include_usage') ?? false;
}

function readPrompt(body: JsonObject, form: RequestForm, engine: Engine): readonly number[] {
  const param = form === chatForm ? 'messages' : 'prompt';
  const prompt = engine.tokenizer.encode(form.promptOf(body, engine));
  if (prompt.length === 0) throw invalidParameter(param, 'is empty');
  const limit = engine.model.parameters.contextLength;
  if (prompt.length < limit) return prompt;
  throw invalidParameter(
    param,
    `has ${prompt.length} tokens, which leaves no room for an answer in the model's context of ${limit} tokens`,
    'context_length_exceeded',
  );
}

const roles: readonly unknown[] = ['system', 'developer', 'user', 'assistant', 'tool'];

function readMessages(body: JsonObject): ChatMessage[] {
  const messages = body['messages'];
  if (!Array.isArray(messages) || messages.length === 0) {
    throw invalidParameter('messages', 'has to be an array of at least one message');
  }
  return messages.map((message: unknown, index): ChatMessage => {
    const param = `messages[${index}]`;
    if (!isJsonObject(message)) throw invalidParameter(param, 'has to be an object');
    const role = message['role'];
    if (!roles.includes(role))
      throw invalidParameter(`${param}.role`, `has to be one of ${roles.join(', ')}`);
    return { role: role as string, content: readContent(message, `${param}.content`) };
  });
}

function readContent(message: JsonObject, param: string): ChatMessage['content'] {
  const content = message['content'];
  if (typeof content === 'string') return content;
  // An assistant message without text is how the API states a call of a tool.
  if (content === null && message['role'] === 'assistant') return '';
  const isText = (part: unknown): part is TextPart =>
    isJsonObject(part) && part['type'] === 'text' && typeof part['text'] === 'string';
  if (Array.isArray(content) && content.length > 0 && content.every(isText)) return content;
  throw invalidParameter(param, "has to be a string, or an array of parts { type: 'text', text }");
}
