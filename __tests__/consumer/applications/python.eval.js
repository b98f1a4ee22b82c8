const { execFile } = require('node:child_process');
const { promisify } = require('node:util');
const { exactMatch, foreach, Result, withClient } = require('jest-model-provider');

const rows = [
  ['What is 12 + 7?', '19'],
  ['What is the capital of France?', 'Paris'],
];

withClient(['embedded:expert'], () => {
  foreach('question, answer', rows, async ({ question, answer }, { connection, env, signal }) => {
    const { stdout } = await promisify(execFile)('python3', ['app.py', question, connection.model], {
      cwd: __dirname,
      env: { ...process.env, ...env },
      signal,
    });
    return new Result(stdout.trim(), exactMatch(stdout.trim(), answer));
  });
});
