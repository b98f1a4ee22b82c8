import { isObject } from '../../base/json';
import { promptMessages } from './content-parts';
import { listIn, type BodyReader } from './fields';
import { embedding } from './media';

/** The bodies of `/embeddings`: https://platform.openai.com/docs/api-reference/embeddings */
export const embeddingBodies: BodyReader = {
  messages: ({ input }) => promptMessages(input),
  tools: () => [],
  answers: ({ data }) => {
    const parts = listIn(data).map((item) => embedding(isObject(item) ? item['embedding'] : undefined));
    return parts.length === 0 ? [] : [{ role: 'assistant', parts }];
  },
  known: ['input'],
};
