import { beginning } from '../../base/cut';
import { redact } from '../../base/secrets';
import { mapTexts, type Json } from '../../base/json';
import type { CallMessage, CallTool, ContentPart, MessagePart } from './conversation';
import { digest } from '../../base/digest';

/** The most characters of a text that a transcript keeps. */
export const mostKept = 65_536;

/** A message with no more than so much of each text. The same one, if there is nothing to cut. */
export function cappedMessage(message: CallMessage): CallMessage {
  const parts = message.parts.map(cappedPart);
  return parts.every((part, index) => part === message.parts[index]) ? message : { ...message, parts };
}

export function cappedTool(tool: CallTool): CallTool {
  const { description, parameters } = tool;
  return {
    ...tool,
    ...(description !== undefined && { description: cutText(description).text }),
    ...(parameters !== undefined && { parameters: cappedJson(parameters) }),
  };
}

/**
 * Anything with no more than so much of the texts that have no cap of their own, such as the name of a tool.
 *
 * @param text the value as JSON, which is looked at first.
 */
export function cappedTexts<T>(value: T, text = JSON.stringify(value)): T {
  return text.length <= mostKept ? value : mapTexts(value, (each) => cutText(each).text);
}

/** JSON as it is, or what it would be known again by. */
export function cappedJson(json: Json): Json {
  const text = JSON.stringify(json);
  return text.length <= mostKept ? json : digest(text);
}

function cappedPart(part: MessagePart): MessagePart {
  switch (part.type) {
    case 'toolCall': {
      const { text, ...cut } = cutText(part.arguments);
      return text === part.arguments ? part : { ...part, arguments: text, ...cut };
    }
    case 'toolResult': {
      const parts = part.parts.map(cappedPart) as ContentPart[];
      return parts.every((each, index) => each === part.parts[index]) ? part : { ...part, parts };
    }
    case 'text':
    case 'reasoning':
    case 'refusal': {
      const { text, ...cut } = cutText(part.text);
      return text === part.text ? part : { ...part, text, ...cut };
    }
    case 'other': {
      const json = cappedJson(part.json);
      return json === part.json ? part : { ...part, json };
    }
    default:
      return part;
  }
}

/** Secrets are taken out first: half of one is not found. */
function cutText(text: string): { readonly text: string; readonly cut?: number } {
  if (text.length <= mostKept) return { text };
  const whole = redact(text);
  const kept = beginning(whole, mostKept);
  return { text: kept, ...(kept.length < whole.length && { cut: whole.length - kept.length }) };
}
