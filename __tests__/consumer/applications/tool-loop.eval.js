const { exactMatch, foreach, Result, withClient } = require('jest-model-provider');
const { run } = require('./tool-loop');

const rows = [
  ['Extract as JSON: Emma lives in Oslo.', '19'],
  ['Extract as JSON: Leo lives in Rome.', '38'],
];

withClient(['embedded:expert'], () => {
  foreach('question, answer', rows, async ({ question, answer }, { connection }) => {
    const text = await run(question, connection.model);
    return new Result(text, exactMatch(text, answer));
  });
});
