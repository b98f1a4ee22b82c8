const { exactMatch, foreach, Result, withClient } = require('jest-model-provider');
const { ask, stream } = require('./ai-sdk');

const rows = [
  ['What is 12 + 7?', '19'],
  ['What is the capital of France?', 'Paris'],
];

withClient(['embedded:expert'], () => {
  foreach('question, answer', rows, async ({ question, answer }, { connection }) => {
    const text = await ask(question, connection.model);
    return new Result(text, exactMatch(text, answer));
  });

  foreach(
    'question, answer',
    rows,
    async ({ question, answer }, { connection }) => {
      let text = '';
      for await (const piece of stream(question, connection.model)) text += piece;
      return new Result(text, exactMatch(text, answer));
    },
    { title: 'streamed' },
  );
});
