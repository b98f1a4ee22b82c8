import { exactMatch, foreach, Result, withClient } from 'jest-model-provider';
import dataset from './arithmetic.json';

withClient(['embedded:novice', 'embedded:expert'], (handle) => {
  foreach(
    'question, answer',
    dataset,
    async ({ question, answer }) => {
      const reply = await handle.client.generate(question, { maxTokens: 16, temperature: 0 });
      return new Result(reply.text, exactMatch(reply.text, answer));
    },
    { title: 'arithmetic' },
  );

  test('answers on one line', async () => {
    expect((await handle.client.generate('2 + 3')).text).not.toContain('\n');
  });
});
