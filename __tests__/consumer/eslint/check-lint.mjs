// The rules have nothing to say of a sound spec, and still find what is wrong.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ESLint } from 'eslint';

const eslint = new ESLint();
const findings = async (text) => {
  const [{ messages }] = await eslint.lintText(text, { filePath: 'sums.eval.js' });
  return messages.map(({ ruleId, line }) => `${ruleId} in line ${line}`);
};
const spec = readFileSync('sums.eval.js', 'utf8');
assert.deepEqual(await findings(spec), []);

const wrong = `
withClient(['embedded:novice'], (handle) => {
  test('has no expect', async () => {
    await handle.client.generate('What is 2 + 3?');
  });
  test.only('is alone', () => {
    expect(1).toBe(1);
  });
});
describe('a block', () => {
  expect(1).toBe(1);
});`;
assert.deepEqual(await findings(wrong), [
  'jest/expect-expect in line 3',
  'jest/no-focused-tests in line 6',
  'jest/no-standalone-expect in line 11',
]);
