const { exactMatch, foreach, Result, withClient } = require('jest-model-provider');
const { sums } = require('sums');

withClient(['embedded:expert'], (handle) => {
  foreach('question, answer', sums, async ({ question, answer }) => {
    const reply = await handle.client.generate(question, { maxTokens: 8, temperature: 0 });
    return new Result(reply.text, exactMatch(reply.text, answer));
  });
});
