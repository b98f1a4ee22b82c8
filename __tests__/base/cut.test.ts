import { beginning, cut } from '../../src/base/cut';

test.each([
  ['short', 5, 'short'],
  ['longer', 5, 'long…'],
  // A character of two halves is shown whole or not at all.
  ['ab👍cd', 4, 'ab…'],
  ['ab👍cd', 5, 'ab👍…'],
  ['ab👍', 4, 'ab👍'],
  ['👍👍', 2, '…'],
])('%j is cut to %d characters, never within one', (text, most, shown) => {
  expect(cut(text, most)).toBe(shown);
});

test.each([
  ['ab👍', 3, 'ab'],
  ['ab👍', 4, 'ab👍'],
  ['ab👍', 9, 'ab👍'],
  ['ab\ud83d', 3, 'ab\ud83d'],
  ['', 3, ''],
])('the beginning of %j, %d characters at most, ends with a whole one', (text, most, shown) => {
  expect(beginning(text, most)).toBe(shown);
});
