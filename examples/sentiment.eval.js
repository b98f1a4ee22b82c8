// The same in plain JavaScript: no TypeScript is needed.
const { exactMatch, foreach, Result, withClient } = require('jest-model-provider');
const dataset = require('./sentiment.json');

withClient(['embedded:novice', 'embedded:expert'], (handle) => {
  foreach(
    'review, sentiment',
    dataset,
    async ({ review, sentiment }) => {
      const reply = await handle.client.generate(review, { maxTokens: 8, temperature: 0 });
      return new Result(reply.text, exactMatch(reply.text, sentiment));
    },
    { title: 'sentiment' },
  );
});
