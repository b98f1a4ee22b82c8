import { isObject } from '../../base/json';
import { contentParts } from './content-parts';
import type { CallMessage } from './conversation';
import { joinedByRole, listIn, type BodyReader } from './fields';

/** The bodies of Anthropic's `/messages`: https://docs.anthropic.com/en/api/messages */
export const anthropicBodies: BodyReader = {
  messages: ({ system, messages }) => [
    ...messagesOf('system', system),
    ...listIn(messages).flatMap((message) => {
      const { role, content } = isObject(message) ? message : { role: undefined, content: message };
      return messagesOf(typeof role === 'string' ? role : 'unknown', content);
    }),
  ],
  tools: ({ tools }) => listIn(tools),
  answers: ({ content }) => {
    if (!Array.isArray(content)) return [];
    return [{ role: 'assistant', parts: contentParts(content) }];
  },
  known: ['system', 'messages', 'tools'],
};

/** Results of tools come as parts of what the user says. */
function messagesOf(role: string, content: unknown): CallMessage[] {
  const each = contentParts(content).map((part): CallMessage => ({
    role: part.type === 'toolResult' && role === 'user' ? 'tool' : role,
    parts: [part],
  }));
  return joinedByRole(each);
}
