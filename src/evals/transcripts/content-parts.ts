import { isObject } from '../../base/json';
import type { CallMessage, ContentPart, MessagePart, ToolCallPart, ToolResultPart } from './conversation';
import { mediaAt, mediaOf } from './media';
import { withoutKeys } from './without-keys';

type Fields = Readonly<Record<string, unknown>>;

/** The parts of a message's content, be it a text, a part or a list of parts of any of the APIs. */
export function contentParts(content: unknown): MessagePart[] {
  if (content == null || content === '') return [];
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (Array.isArray(content)) return content.flatMap(contentParts);
  return isObject(content) ? partsOf(content) : [other(content)];
}

/** The messages of a request without roles: a text, several, or tokens. */
export function promptMessages(prompt: unknown): CallMessage[] {
  if (prompt == null) return [];
  const isTexts = Array.isArray(prompt) && prompt.every((text) => typeof text === 'string');
  return (isTexts ? prompt : [prompt]).map((text) => ({
    role: 'user',
    parts: typeof text === 'string' ? contentParts(text) : [other(text)],
  }));
}

/** What is of no form that is known. */
export function other(value: unknown): ContentPart {
  return { type: 'other', json: withoutKeys(value) };
}

export function reasoningPart(text: unknown): ContentPart[] {
  return typeof text === 'string' && text !== '' ? [{ type: 'reasoning', text }] : [];
}

/** A call of a tool; the arguments are a text, or JSON. */
export function toolCallPart(id: unknown, name: unknown, given: unknown): ToolCallPart {
  return {
    type: 'toolCall',
    ...idOf(id),
    name: typeof name === 'string' ? name : '',
    arguments: typeof given === 'string' ? given : given == null ? '' : JSON.stringify(given),
  };
}

export function toolResultPart(id: unknown, content: unknown, more: object = {}): ToolResultPart {
  const parts = contentParts(content).map((part): ContentPart =>
    part.type === 'toolCall' || part.type === 'toolResult' ? other(part) : part,
  );
  return { type: 'toolResult', ...idOf(id), parts, ...more };
}

function idOf(id: unknown): { readonly id?: string } {
  return typeof id === 'string' && id !== '' ? { id } : {};
}

// https://platform.openai.com/docs/api-reference/chat/create, https://platform.openai.com/docs/api-reference/responses,
// https://docs.anthropic.com/en/api/messages, https://docs.mistral.ai/capabilities/reasoning/
function partsOf(part: Fields): MessagePart[] {
  const { type, text, source } = part;
  switch (type) {
    case undefined:
    case 'text':
    case 'input_text':
    case 'output_text':
    case 'summary_text':
    case 'reasoning_text':
      return typeof text === 'string' ? contentParts(text) : [other(part)];
    case 'refusal':
      return [{ type: 'refusal', text: String(part['refusal']) }];
    case 'thinking':
      return reasoningPart(textIn(part['thinking']));
    case 'reasoning':
      return reasoningPart([part['text'], part['summary'], part['content']].map(textIn).join(''));
    case 'image_url':
      return [mediaAt('image', isObject(part[type]) ? part[type]['url'] : part[type])];
    case 'input_image':
      return [mediaAt('image', part['image_url'])];
    case 'input_audio': {
      const { data, format } = isObject(part[type]) ? part[type] : {};
      return [mediaOf('audio', data, typeof format === 'string' ? `audio/${format}` : undefined)];
    }
    case 'file':
      return [fileOf(isObject(part[type]) ? part[type] : {})];
    case 'input_file':
      return [fileOf(part)];
    case 'image':
    case 'document':
      return sourceParts(type === 'image' ? 'image' : 'file', source) ?? [other(part)];
    case 'tool_use':
    case 'server_tool_use':
    case 'mcp_tool_use':
      return [toolCallPart(part['id'], part['name'], part['input'])];
    default:
      if (typeof type === 'string' && /^(?:\w+_)?tool_result$/.test(type))
        return [
          toolResultPart(
            part['tool_use_id'],
            part['content'],
            part['is_error'] === true ? { isError: true } : {},
          ),
        ];
      return [other(part)];
  }
}

function fileOf({ file_data: data, file_url: url }: Fields): ContentPart {
  return mediaAt('file', data ?? url);
}

function sourceParts(type: 'image' | 'file', source: unknown): MessagePart[] | undefined {
  if (!isObject(source)) return undefined;
  const { type: kind, data, url, media_type: mediaType } = source;
  if (kind === 'base64') return [mediaOf(type, data, mediaType)];
  if (kind === 'url') return [mediaAt(type, url, mediaType)];
  if (kind === 'text') return contentParts(data);
  return kind === 'content' ? contentParts(source['content']) : undefined;
}

/** The text of a text, or of all parts of a list of them. */
function textIn(value: unknown): string {
  const texts = contentParts(value).map((part) => ('text' in part ? part.text : ''));
  return texts.join('');
}
