import { isObject } from '../../base/json';
import { contentParts, other, toolCallPart, toolResultPart } from './content-parts';
import type { CallMessage, MessagePart } from './conversation';
import { joinedByRole, listIn, type BodyReader, type Fields } from './fields';

/** The bodies of OpenAI's `/responses`: https://platform.openai.com/docs/api-reference/responses */
export const responseBodies: BodyReader = {
  messages: ({ instructions, input }) =>
    joinedByRole([
      ...(instructions == null ? [] : [{ role: 'system', parts: contentParts(instructions) }]),
      ...(typeof input === 'string'
        ? [{ role: 'user', parts: contentParts(input) }]
        : listIn(input).map(itemOf)),
    ]),
  tools: ({ tools }) => listIn(tools),
  answers: ({ output }) => {
    const parts = listIn(output).flatMap((item) => itemOf(item).parts);
    return parts.length === 0 ? [] : [{ role: 'assistant', parts }];
  },
  known: ['instructions', 'input', 'tools'],
};

function itemOf(item: unknown): CallMessage {
  if (!isObject(item)) return { role: 'unknown', parts: contentParts(item) };
  const { type = 'message', role, content } = item;
  if (type === 'message')
    return { role: typeof role === 'string' ? role : 'unknown', parts: contentParts(content) };
  if (type === 'function_call_output' || type === 'custom_tool_call_output')
    return { role: 'tool', parts: [toolResultPart(item['call_id'], item['output'])] };
  return { role: 'assistant', parts: partsOfItem(item) };
}

function partsOfItem(item: Fields): MessagePart[] {
  const { type, call_id: id, name } = item;
  if (type === 'function_call') return [toolCallPart(id, name, item['arguments'])];
  if (type === 'custom_tool_call') return [toolCallPart(id, name, item['input'])];
  return type === 'reasoning' ? contentParts(item) : [other(item)];
}
