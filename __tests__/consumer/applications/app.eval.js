const { exactMatch, foreach, Result, withClient } = require('jest-model-provider');
const { ask } = require('./app');

withClient(['embedded:expert'], () => {
  foreach('question, answer', [['What is 12 + 7?', '19']], async ({ question, answer }, { connection }) => {
    const text = await ask(question, connection.model);
    return new Result(text, exactMatch(text, answer));
  });
});
