import { readToolCalls } from '../../answers/tool-calls';
import type { ToolCall } from '../../answers/answer';
import type { CallMessage, Conversation, MessagePart, ToolCallPart } from './conversation';
import type { MadeCall, MadeCallFacts } from './made-call';
import { ToolResults } from './tool-results';

/**
 * One call of a model, and what was said in it.
 *
 * @example
 * foreach('question', questions, async (question, context) => {
 *   const answer = await askAgent(question, context.client);
 *   const searches = context.calls.flatMap(({ toolCalls }) => toolCalls).filter(({ name }) => name === 'search');
 *   return new Result(answer, { name: 'searches', value: searches.length });
 * });
 */
export interface CallTranscript extends MadeCallFacts, Omit<Conversation, 'messages' | 'tools' | 'options'> {
  /** Whether it is known what was said: a client of one's own may report the facts alone, a run may keep nothing. */
  readonly isKnown: boolean;
  readonly messages: Conversation['messages'];
  readonly tools: Conversation['tools'];
  readonly options: Conversation['options'];
  /** The text of the answer, without reasoning; empty if there is none. */
  readonly text: string;
  /** The tools that the answer calls, with what they gave back. */
  readonly toolCalls: readonly ToolUse[];
}

/** A call of a tool, and its result as a later call of the model has it. */
export interface ToolUse extends ToolCall {
  /** Undefined if no later call has it. */
  readonly result: string | undefined;
  readonly isError: boolean;
  /** How many characters of the arguments were left out where they were kept; undefined for whole ones. */
  readonly cut: number | undefined;
}

const unknown: Conversation = { messages: [], tools: [], options: {} };

/** The calls of a sample as scorers get them, in the order in which they ended. */
export function callTranscripts(made: readonly MadeCall[]): CallTranscript[] {
  const conversations = made.map((call) => call.conversation());
  const results = new ToolResults(conversations.map((conversation) => conversation?.messages ?? []));
  return made.map(({ facts }, index) => {
    const conversation = conversations[index];
    const { answer } = conversation ?? unknown;
    const reasoning = textOf(answer, 'reasoning') || facts.reasoning;
    return {
      ...facts,
      isKnown: conversation !== undefined,
      ...(conversation ?? unknown),
      ...(reasoning !== undefined && { reasoning }),
      text: textOf(answer, 'text'),
      toolCalls: toolCallsIn(answer).map((part) => ({ ...toolCallOf(part), ...results.of(part, index) })),
    };
  });
}

export function toolCallsIn(message: CallMessage | undefined): ToolCallPart[] {
  return message?.parts.filter((part) => part.type === 'toolCall') ?? [];
}

/** The texts of one type in a message. */
export function textOf(
  message: { readonly parts: readonly MessagePart[] } | undefined,
  type: 'text' | 'reasoning',
): string {
  const texts = message?.parts.flatMap((part) => (part.type === type ? [part.text] : []));
  return texts?.join(type === 'text' ? '' : '\n') ?? '';
}

function toolCallOf({ id, name, arguments: written, cut }: ToolCallPart): ToolCall & Pick<ToolUse, 'cut'> {
  const [call] = readToolCalls({ tool_calls: [{ id, function: { name, arguments: written } }] });
  return { id, name, arguments: call?.arguments, written, cut };
}
