const { exactMatch, foreach, Result, withClient } = require('jest-model-provider');
const sums = require('./sums.json');

withClient(['embedded:novice', 'embedded:expert'], (handle, model) => {
  foreach('question, answer', sums, async ({ question, answer }) => {
    const reply = await handle.client.generate(question, { maxTokens: 8, temperature: 0 });
    return new Result(reply.text, exactMatch(reply.text, answer));
  });

  test('answers in its own name', async () => {
    const reply = await handle.client.generate('2 + 3', { maxTokens: 8 });
    expect(`embedded:${reply.model}`).toBe(model);
  });
});
