const { exactMatch, foreach, Result, withClient } = require('jest-model-provider');
const { createChain } = require('./langchain');

const capitals = [
  ['France', 'Paris'],
  ['Norway', 'Oslo'],
];

withClient(['embedded:expert'], () => {
  foreach('country, capital', capitals, async ({ country, capital }, { connection, signal }) => {
    const text = await createChain(connection).invoke({ country }, { signal });
    return new Result(text, exactMatch(text, capital));
  });
});
