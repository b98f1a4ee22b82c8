import type { Json } from '../../base/json';
import type { CallMessage, Conversation, MessagePart } from '../../evals/transcripts/conversation';
import type { MadeCall } from '../../evals/transcripts/made-call';
import { textOf } from './inspect-messages';

/** The value of an attribute; a number is one of 64 bits, unless it says that it may have a fraction. */
type Value = string | number | boolean | readonly string[] | { readonly double: number } | undefined;

/** Attributes as OTLP has them in JSON; those without a value are left out. */
export function attributesOf(values: Readonly<Record<string, Value>>): Json {
  return Object.entries(values).flatMap(([key, value]): Json[] =>
    value === undefined ? [] : [{ key, value: valueOf(value) }],
  );
}

/** What kind of call it was, by what was asked: `gen_ai.operation.name`. */
export function operationOf(path: string | undefined): string {
  const asked = `/${path ?? ''}`.replace(/[?#].*$/, '');
  if (asked.endsWith('/embeddings')) return 'embeddings';
  if (/\/(?:chat\/completions|responses|messages)$/.test(asked)) return 'chat';
  return asked.endsWith('/completions') ? 'text_completion' : 'generate_content';
}

/**
 * The attributes of a call, by the names of the semantic conventions, which are in development:
 * https://github.com/open-telemetry/semantic-conventions-genai
 */
export function callAttributes(call: MadeCall, provider: string): Json {
  const { facts } = call;
  const { path, status, usage, finishReason, firstTokenMs, error, resource, replayed } = facts;
  const said = call.conversation();
  const options = said?.options ?? {};
  const answers = said?.answer === undefined ? [] : [said.answer, ...(said.otherAnswers ?? [])];
  return attributesOf({
    'gen_ai.operation.name': operationOf(path),
    'gen_ai.provider.name': path?.endsWith('/messages') === true ? 'anthropic' : provider,
    'gen_ai.request.model': said?.model ?? resource,
    'gen_ai.response.model': said?.answeredBy,
    ...optionsOf(options),
    'gen_ai.usage.input_tokens': usage?.promptTokens,
    'gen_ai.usage.output_tokens': usage?.completionTokens,
    'gen_ai.usage.cache_read.input_tokens': usage?.cachedTokens,
    'gen_ai.response.finish_reasons': finishReason === undefined ? undefined : [finishReason],
    'gen_ai.response.time_to_first_chunk':
      firstTokenMs === undefined || replayed === true ? undefined : { double: firstTokenMs / 1000 },
    'gen_ai.input.messages': said === undefined ? undefined : JSON.stringify(said.messages.map(messageOf)),
    'gen_ai.output.messages':
      answers.length === 0
        ? undefined
        : JSON.stringify(
            answers.map((answer) => ({ ...messageOf(answer), finish_reason: finishReason ?? '' })),
          ),
    'gen_ai.tool.definitions':
      said === undefined || said.tools.length === 0
        ? undefined
        : JSON.stringify(said.tools.map((tool) => ({ type: 'function', ...tool }))),
    'http.response.status_code': status,
    'jest_model_provider.replayed': replayed,
    'error.type':
      error === undefined ? undefined : status !== undefined && status >= 400 ? String(status) : '_OTHER',
  });
}

function optionsOf(options: Conversation['options']): Record<string, Value> {
  const number = (name: string): Value => {
    const value = options[name];
    return typeof value === 'number' ? { double: value } : undefined;
  };
  const whole = (...names: readonly string[]): Value =>
    names.map((name) => options[name]).find((value): value is number => Number.isSafeInteger(value));
  const { stop, stop_sequences: sequences = stop, stream } = options;
  const stops = (Array.isArray(sequences) ? sequences : [sequences]).filter(
    (text) => typeof text === 'string',
  );
  return {
    'gen_ai.request.temperature': number('temperature'),
    'gen_ai.request.top_p': number('top_p'),
    'gen_ai.request.top_k': number('top_k'),
    'gen_ai.request.max_tokens': whole('max_tokens', 'max_completion_tokens', 'max_output_tokens'),
    'gen_ai.request.seed': whole('seed'),
    'gen_ai.request.stop_sequences': stops.length === 0 ? undefined : stops,
    'gen_ai.request.stream': typeof stream === 'boolean' ? stream : undefined,
  };
}

// https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-input-messages.json
function messageOf({ role, parts }: CallMessage): { readonly role: string; readonly parts: readonly Json[] } {
  return { role, parts: parts.map(partOf) };
}

function partOf(part: MessagePart): Json {
  switch (part.type) {
    case 'toolCall':
      return { type: 'tool_call', id: part.id ?? null, name: part.name, arguments: part.arguments };
    case 'toolResult':
      return { type: 'tool_call_response', id: part.id ?? null, response: part.parts.map(textOf).join('') };
    case 'text':
    case 'reasoning':
      return { type: part.type, content: textOf(part) };
    case 'refusal':
      return { type: 'text', content: textOf(part) };
    default:
      return { ...part };
  }
}

function valueOf(value: Exclude<Value, undefined>): Json {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  // Numbers of 64 bits are texts in JSON.
  if (typeof value === 'number') return { intValue: String(value) };
  if ('double' in value) return { doubleValue: value.double };
  return { arrayValue: { values: value.map((text) => ({ stringValue: text })) } };
}
