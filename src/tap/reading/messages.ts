import { textOr } from '../../answers/content';
import { isObject } from '../../base/json';
import type { TokenCounts } from '../../pattern/model-calls';
import { factsOfAnswer } from './answer-facts';
import type { AnswerShape, Fields } from './answer-shape';
import { counted, countOf, fieldOf } from './token-counts';

/** The pieces of a block, by the type of the piece: where its words stand, and where they go. */
const pieces: Readonly<Record<string, { readonly from: string; readonly to: string }>> = {
  text_delta: { from: 'text', to: 'text' },
  thinking_delta: { from: 'thinking', to: 'thinking' },
  input_json_delta: { from: 'partial_json', to: 'input' },
};

/** https://docs.anthropic.com/en/api/messages https://docs.anthropic.com/en/docs/build-with-claude/streaming */
export const messageShape: AnswerShape = {
  add: (known, event) => {
    if (event['type'] === 'message_start') return isObject(event['message']) ? event['message'] : known;
    if (known === undefined) return undefined;
    if (event['type'] === 'message_delta')
      return {
        ...known,
        ...(isObject(event['delta']) ? event['delta'] : {}),
        usage: { ...objectOf(known['usage']), ...objectOf(event['usage']) },
      };
    return { ...known, content: withEvent(blocksOf(known), event) };
  },
  isWord: ({ type, delta }) => type === 'content_block_delta' && wordsOf(delta) !== '',
  isEnd: ({ type }) => type === 'message_stop',
  facts: (answer) => {
    const blocks = blocksOf(answer);
    const facts = factsOfAnswer({
      text: joined(blocks, 'text'),
      toolCalls: blocks.filter(({ type }) => textOr(type).endsWith('tool_use')),
      refusal: undefined,
      finishReason: textOr(answer['stop_reason']),
      reasoning: joined(blocks, 'thinking') || undefined,
      usage: undefined,
    });
    return { ...facts, ...usageOf(answer['usage']) };
  },
};

function withEvent(
  blocks: readonly Fields[],
  { type, index, content_block: begun, delta }: Fields,
): Fields[] {
  const at = Number(index);
  if (type === 'content_block_start' && isObject(begun)) return [...blocks, begun];
  return blocks.map((block, position) => {
    if (position !== at) return block;
    if (type === 'content_block_delta') return withPiece(block, delta);
    return type === 'content_block_stop' ? withParsedInput(block) : block;
  });
}

function withPiece(block: Fields, delta: unknown): Fields {
  const to = pieces[textOr(fieldOf(delta, 'type'))]?.to;
  return to === undefined ? block : { ...block, [to]: textOr(block[to]) + wordsOf(delta) };
}

/** The input of a tool comes as pieces of JSON. */
function withParsedInput(block: Fields): Fields {
  if (typeof block['input'] !== 'string') return block;
  try {
    return { ...block, input: JSON.parse(block['input']) as unknown };
  } catch {
    return block;
  }
}

function wordsOf(delta: unknown): string {
  const from = pieces[textOr(fieldOf(delta, 'type'))]?.from;
  return from === undefined ? '' : textOr(fieldOf(delta, from));
}

/** What was written to or read from the cache counts as prompt too: the server leaves it out of `input_tokens`. */
function usageOf(usage: unknown): { usage?: TokenCounts } {
  const [input, written, read, output] = [
    ...['input_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens', 'output_tokens'],
  ].map((name) => countOf(fieldOf(usage, name)));
  return counted(input === undefined ? undefined : input + (written ?? 0) + (read ?? 0), output, read);
}

function blocksOf({ content }: Fields): Fields[] {
  return Array.isArray(content) ? content.filter(isObject) : [];
}

function objectOf(value: unknown): Fields {
  return isObject(value) ? value : {};
}

function joined(blocks: readonly Fields[], type: string): string {
  return blocks
    .filter((block) => block['type'] === type)
    .map((block) => textOr(block[type]))
    .join('');
}
