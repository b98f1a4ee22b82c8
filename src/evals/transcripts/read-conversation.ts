import { isObject, type Json } from '../../base/json';
import type { CallBodies } from '../../pattern/model-calls';
import { anthropicBodies } from './anthropic-bodies';
import { chatBodies } from './chat-bodies';
import { other } from './content-parts';
import type { CallMessage, CallTool, Conversation } from './conversation';
import { embeddingBodies } from './embedding-bodies';
import type { BodyReader, Fields } from './fields';
import { responseBodies } from './response-bodies';
import { withoutKeys } from './without-keys';

// By the end of the path: the base URL may have a part of it.
const readers: readonly (readonly [string, BodyReader])[] = [
  ['/completions', chatBodies],
  ['/responses', responseBodies],
  ['/messages', anthropicBodies],
  ['/embeddings', embeddingBodies],
];

/**
 * Reads what was said in a call, in one form for all APIs. Never throws: what is of no known form, or cannot be read,
 * is given as it came.
 *
 * @param path what was asked, such as `/chat/completions`.
 */
export function readConversation(path: string | undefined, { request, answer }: CallBodies): Conversation {
  const asked = `/${path ?? ''}`.replace(/[?#].*$/, '');
  const reader = readers.find(([end]) => asked.endsWith(end))?.[1];
  try {
    return conversationIn(reader, { request, answer });
  } catch {
    // Parts within parts, as many as the stack does not hold.
    return conversationIn(undefined, { request, answer });
  }
}

function conversationIn(reader: BodyReader | undefined, { request, answer }: CallBodies): Conversation {
  const answers = answersIn(reader, answer);
  const [first, ...others] = answers;
  const answeredBy = isObject(answer) ? answer['model'] : undefined;
  return {
    ...requestIn(reader, request),
    ...(typeof answeredBy === 'string' && { answeredBy }),
    ...(first !== undefined && { answer: first }),
    ...(others.length > 0 && { otherAnswers: others }),
  };
}

function requestIn(reader: BodyReader | undefined, request: Json): Omit<Conversation, 'answer'> {
  if (reader === undefined || !isObject(request))
    return { messages: [unread(request)], tools: [], options: {} };
  const { model, ...fields } = request;
  const rest = Object.entries(fields).filter(([name]) => !reader.known.includes(name));
  return {
    ...(typeof model === 'string' && { model }),
    messages: reader.messages(fields),
    tools: reader.tools(fields).map(toolOf),
    options: withoutKeys(Object.fromEntries(rest)) as Conversation['options'],
  };
}

function answersIn(reader: BodyReader | undefined, answer: Json | undefined): readonly CallMessage[] {
  if (answer == null) return [];
  const answers = reader !== undefined && isObject(answer) ? reader.answers(answer) : [];
  return answers.length > 0 ? answers : [unread(answer)];
}

function unread(body: Json): CallMessage {
  return { role: 'unknown', parts: [other(body)] };
}

/** A tool as the one API or the other describes it; one of the server has a type alone. */
function toolOf(tool: unknown): CallTool {
  if (!isObject(tool)) return { name: '', parameters: withoutKeys(tool) };
  const inner = tool['function'] ?? tool['custom'];
  const {
    name,
    description,
    parameters,
    input_schema: schema,
    type,
    ...rest
  }: Fields = isObject(inner) ? inner : tool;
  const known = parameters ?? schema;
  const setup = known ?? (typeof name === 'string' && Object.keys(rest).length === 0 ? undefined : rest);
  return {
    name: typeof name === 'string' ? name : typeof type === 'string' ? type : '',
    ...(typeof description === 'string' && { description }),
    ...(setup !== undefined && { parameters: withoutKeys(setup) }),
  };
}
