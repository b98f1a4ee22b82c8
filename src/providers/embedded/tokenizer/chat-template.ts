import type { GgufHeader } from '../gguf/gguf';
import { MetadataFields } from '../gguf/metadata-fields';

/** One piece of a message's text, as the OpenAI API allows it. */
export interface TextPart {
  readonly type: 'text';
  readonly text: string;
}

export interface ChatMessage {
  readonly role: string;
  readonly content: string | readonly TextPart[];
}

/** Renders messages as the prompt that makes the model answer as the assistant. */
export type ChatTemplate = (messages: readonly ChatMessage[]) => string;

const templateKey = 'tokenizer.chat_template';

/** The Jinja source in this package's model files. */
const ownSource =
  "{% for m in messages %}{{ '<|' + m['role'] + '|>' + m['content'] + '<|end|>' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

/**
 * The template of a model file. There is no Jinja engine here: it knows the template of this package's models
 * and ChatML, of which it renders the plain form, without the default system message that some ChatML
 * templates add.
 *
 * @throws `GGUF_INVALID` when the file has no template or another one
 */
export function chatTemplateOf(header: GgufHeader): ChatTemplate {
  const fields = new MetadataFields(header);
  const source = fields.text(templateKey).trim();
  if (source === ownSource) return renderOwn;
  if (source.includes('<|im_start|>')) return renderChatMl;
  throw fields.invalid(templateKey, 'is neither ChatML nor the template of the models of this package');
}

const renderOwn: ChatTemplate = (messages) =>
  `${messages.map((message) => `<|${roleOf(message)}|>${textOf(message)}<|end|>`).join('')}<|assistant|>`;

const renderChatMl: ChatTemplate = (messages) =>
  `${messages.map((message) => `<|im_start|>${roleOf(message)}\n${textOf(message)}<|im_end|>\n`).join('')}<|im_start|>assistant\n`;

/** llama-server too renders OpenAI's newer name of the system role as the old one. */
function roleOf({ role }: ChatMessage): string {
  return role === 'developer' ? 'system' : role;
}

/** llama-server joins the parts of a message by newlines; equal prompts need the same here. */
function textOf({ content }: ChatMessage): string {
  return typeof content === 'string' ? content : content.map((part) => part.text).join('\n');
}
