// A scorer of one's own: it compares an answer with what is expected. One answer may have several scores.
import { defineScorer, exactMatch, foreach, Result, withClient } from 'jest-model-provider';
import dataset from './extraction.json';

withClient(['embedded:novice', 'embedded:expert'], (handle) => {
  foreach(
    'prompt, expected',
    dataset,
    async ({ prompt, expected }) => {
      const { text } = await handle.client.generate(prompt, { maxTokens: 48, temperature: 0 });
      return new Result(text, [exactMatch(text, expected), rightFields(text, expected)]);
    },
    { title: 'extraction' },
  );
});

/** The share of the expected fields that the answer has right; 0 if it is not JSON. */
const rightFields = defineScorer('rightFields', (text: string, expected: string) => {
  const wanted = Object.entries(JSON.parse(expected) as Record<string, unknown>);
  const found = parseObject(text);
  const right = wanted.filter(([name, value]) => found[name] === value);
  return right.length / wanted.length;
});

function parseObject(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
