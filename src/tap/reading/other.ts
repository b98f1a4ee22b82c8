import { isObject } from '../../base/json';
import type { AnswerShape } from './answer-shape';
import { counted, countOf, fieldOf } from './token-counts';

/**
 * The answers of all other APIs, such as embeddings: their tokens, where they are counted under usual names. Of a
 * stream the last event is kept.
 */
export const otherShape: AnswerShape = {
  add: (_known, event) => event,
  isWord: () => false,
  isEnd: () => true,
  facts: ({ usage }) => {
    if (!isObject(usage)) return {};
    const input = countOf(usage['prompt_tokens']) ?? countOf(usage['input_tokens']);
    const output = countOf(usage['completion_tokens']) ?? countOf(usage['output_tokens']);
    const cached = countOf(fieldOf(usage['prompt_tokens_details'], 'cached_tokens'));
    // What only reads, such as embeddings and rankings, writes none.
    return counted(input, output ?? 0, cached);
  },
};
