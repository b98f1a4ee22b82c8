import { reasoningOf } from '../../answers/content';
import { splitReasoning } from '../../answers/reasoning';
import { readToolCalls } from '../../answers/tool-calls';
import { isObject } from '../../base/json';
import { contentParts, promptMessages, reasoningPart, toolCallPart, toolResultPart } from './content-parts';
import type { CallMessage, MessagePart } from './conversation';
import { listIn, type BodyReader, type Fields } from './fields';

/**
 * The bodies of `/chat/completions`, and of `/completions`, where the prompt is a text.
 * https://platform.openai.com/docs/api-reference/chat
 */
export const chatBodies: BodyReader = {
  messages: ({ messages, prompt }) => [
    ...listIn(messages).map((message) => messageOf(isObject(message) ? message : { content: message })),
    ...promptMessages(prompt),
  ],
  tools: ({ tools, functions }) => [...listIn(tools), ...listIn(functions)],
  answers: ({ choices }) =>
    listIn(choices)
      .filter(isObject)
      .sort((a, b) => Number(a['index'] ?? 0) - Number(b['index'] ?? 0))
      .map((choice) => withThoughts(messageOf(messageIn(choice)))),
  known: ['messages', 'prompt', 'tools', 'functions'],
};

function messageIn({ message, text }: Fields): Fields {
  return { role: 'assistant', ...(isObject(message) ? message : { content: text }) };
}

function messageOf(message: Fields): CallMessage {
  const { role, content, refusal, name } = message;
  const said = typeof role === 'string' ? role : 'unknown';
  if (said === 'tool' || said === 'function') {
    const more = typeof name === 'string' ? { name } : {};
    return { role: 'tool', parts: [toolResultPart(message['tool_call_id'], content, more)] };
  }
  const beside = typeof content === 'string' || content == null ? reasoningOf(message) : '';
  const declined: MessagePart[] =
    typeof refusal === 'string' && refusal !== '' ? [{ type: 'refusal', text: refusal }] : [];
  const calls = readToolCalls({ ...message, tool_calls: withCustomTools(message['tool_calls']) });
  return {
    role: said,
    parts: [
      ...reasoningPart(beside),
      ...contentParts(content),
      ...declined,
      ...calls.map((call) => toolCallPart(call.id, call.name, call.written)),
    ],
  };
}

/** Calls of tools that take a text have another form. */
function withCustomTools(calls: unknown): unknown {
  if (!Array.isArray(calls)) return calls;
  return calls.map((call: unknown) => {
    const custom = isObject(call) ? call['custom'] : undefined;
    if (!isObject(custom)) return call;
    return { ...(call as Fields), function: { name: custom['name'], arguments: custom['input'] } };
  });
}

/** An answer whose reasoning stands in its text, between marks. */
function withThoughts({ role, parts }: CallMessage): CallMessage {
  const at = parts.findIndex(({ type }) => type === 'text');
  const first = parts[at];
  if (first?.type !== 'text') return { role, parts };
  const { reasoning, text } = splitReasoning(first.text);
  if (reasoning === undefined) return { role, parts };
  return {
    role,
    parts: [
      ...parts.slice(0, at),
      ...reasoningPart(reasoning),
      ...contentParts(text),
      ...parts.slice(at + 1),
    ],
  };
}
