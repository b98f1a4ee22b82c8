import { isObject } from '../base/json';

type Message = Readonly<Record<string, unknown>>;

/**
 * The text of a message, or of a piece of one. Some servers send a part instead of a text, or a list of them:
 * those of type `text` are joined. https://platform.openai.com/docs/api-reference/chat/object
 *
 * @returns undefined for a content that is none of this: an empty text would be a wrong answer of the model.
 */
export function textOf({ content }: Message): string | undefined {
  return joined(content, ['text', 'output_text'], ({ text }) => text);
}

/**
 * The reasoning that a server sends beside the text, under one of the two names that are in use, or as parts
 * of the content: https://docs.vllm.ai/en/latest/features/reasoning_outputs/,
 * https://openrouter.ai/docs/use-cases/reasoning-tokens, https://docs.mistral.ai/capabilities/reasoning/
 */
export function reasoningOf({ reasoning_content: long, reasoning: short, content }: Message): string {
  const named = [long, short].find((value) => typeof value === 'string' && value !== '');
  if (typeof named === 'string') return named;
  if (typeof content === 'string') return '';
  return joined(content, ['thinking', 'reasoning'], ({ thinking, text }) => thinking ?? text) ?? '';
}

/** A text as it is, or the texts of those parts that have one of the types. That of a part may be a list again. */
function joined(
  content: unknown,
  types: readonly string[],
  textIn: (part: Message) => unknown,
): string | undefined {
  if (content == null) return '';
  if (typeof content === 'string') return content;
  const parts: unknown[] = isObject(content) ? [content] : Array.isArray(content) ? content : [undefined];
  const texts = parts.map((part) => {
    // A bare text is one of type `text`.
    const { type, ...fields } = typeof part === 'string' ? { type: 'text', text: part } : toPart(part);
    if (type === undefined) return undefined;
    return types.includes(type) ? joined(textIn(fields), ['text'], ({ text }) => text) : '';
  });
  return texts.includes(undefined) ? undefined : texts.join('');
}

/** The type of a part is undefined for what is none. */
function toPart(part: unknown): Message & { readonly type: string | undefined } {
  if (part === null) return { type: '' };
  if (!isObject(part)) return { type: undefined };
  const { type } = part;
  if (typeof type === 'string') return { ...part, type };
  return { ...part, type: typeof part['text'] === 'string' ? 'text' : undefined };
}

/** A field that should be a text, and is `''` if it is none. */
export function textOr(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
