import { answerEnd, type AnswerEnd } from '../../answers/finish-reason';
import { isObject, parsedJson, type Json } from '../../base/json';
import type { MadeCallFacts } from '../../evals/transcripts/made-call';
import type {
  CallMessage,
  CallTool,
  ContentPart,
  MessagePart,
  ToolCallPart,
} from '../../evals/transcripts/conversation';

/** A message in the form of inspect-ai: https://inspect.aisi.org.uk/reference/inspect_ai.model.html#messages */
export function inspectMessages({ role, parts }: CallMessage): Json[] {
  // Each result of a tool is a message there.
  const results = parts.flatMap((part): Json[] => (part.type === 'toolResult' ? [resultOf(part)] : []));
  const content = parts.flatMap(contentOf);
  const calls = parts.filter((part) => part.type === 'toolCall').map(toolCallOf);
  if (results.length > 0 && content.length === 0 && calls.length === 0) return results;
  const known = role === 'developer' ? 'system' : ['system', 'assistant'].includes(role) ? role : 'user';
  return [...results, { role: known, content, ...(calls.length > 0 && { tool_calls: calls }) }];
}

/** The answer, which has to be of an assistant. */
export function inspectAnswer({ parts }: CallMessage): Json {
  return (
    inspectMessages({ role: 'assistant', parts: parts.filter(({ type }) => type !== 'toolResult') })[0] ??
    null
  );
}

/**
 * A tool. Only so much of its schema is given as every schema of inspect-ai has: one field that it does not know would
 * make the whole log unreadable.
 */
export function inspectTool({ name, description = '', parameters }: CallTool): Json {
  const { properties, required } = isObject(parameters) ? parameters : {};
  const each = Object.entries(isObject(properties) ? properties : {}).map(
    ([key, schema]) => [key, fieldOf(schema)] as const,
  );
  const names = Array.isArray(required) ? required.filter((key) => typeof key === 'string') : [];
  return {
    name,
    description,
    parameters: { type: 'object', properties: Object.fromEntries(each), required: names },
  };
}

// https://inspect.aisi.org.uk/reference/inspect_ai.model.html#stopreason
const stopReasons: Readonly<Record<AnswerEnd, string>> = {
  stop: 'stop',
  tools: 'tool_calls',
  cut: 'max_tokens',
  filtered: 'content_filter',
  refused: 'content_filter',
  unknown: 'unknown',
};

/** Why the answer ended: the last call's gives it. Without calls, the sample gave it itself. */
export function stopReason(last: Pick<MadeCallFacts, 'finishReason' | 'isRefused'> | undefined): string {
  if (last === undefined) return 'stop';
  return stopReasons[last.isRefused === true ? 'refused' : answerEnd(last.finishReason)];
}

const jsonTypes: readonly unknown[] = ['string', 'integer', 'number', 'boolean', 'array', 'object', 'null'];

function fieldOf(schema: unknown): Json {
  const { type, description } = isObject(schema) ? schema : {};
  return {
    ...(jsonTypes.includes(type) && { type: type as string }),
    ...(typeof description === 'string' && { description }),
  };
}

function contentOf(part: MessagePart): Json[] {
  switch (part.type) {
    case 'toolCall':
    case 'toolResult':
      return [];
    case 'reasoning':
      return [{ type: 'reasoning', reasoning: textOf(part) }];
    case 'refusal':
      return [{ type: 'text', text: textOf(part), refusal: true }];
    default:
      return [{ type: 'text', text: textOf(part) }];
  }
}

/** Any part as a text. An image is no image: a viewer would load what a model has named. */
export function textOf(part: ContentPart): string {
  if ('text' in part) return `${part.text}${part.cut === undefined ? '' : `… (${part.cut} more characters)`}`;
  return JSON.stringify(part.type === 'other' ? part.json : part);
}

function resultOf({ id, name, parts, isError }: Extract<MessagePart, { type: 'toolResult' }>): Json {
  const text = parts.map(textOf).join('');
  return {
    role: 'tool',
    content: text,
    tool_call_id: id ?? null,
    function: name ?? null,
    ...(isError === true && { error: { type: 'unknown', message: text } }),
  };
}

function toolCallOf({ id = '', name, arguments: written }: ToolCallPart): Json {
  const given = written.trim() === '' ? {} : parsedJson(written);
  return isObject(given)
    ? { id, function: name, arguments: given as { [key: string]: Json }, type: 'function' }
    : { id, function: name, arguments: {}, parse_error: written, type: 'function' };
}
