import { summarizeScores } from '../../src/evals/summarize';

test('booleans count as 0 and 1, and make a score binary', () => {
  expect(summarizeScores([true, false, true, true].map((value) => ({ name: 'right', value })))).toEqual([
    expect.objectContaining({ name: 'right', count: 4, notApplicable: 0, mean: 0.75, isBinary: true }),
  ]);
});

test('null is not applicable: counted apart, and no part of the mean', () => {
  expect(summarizeScores([1, null, 3].map((value) => ({ name: 'length', value })))).toEqual([
    expect.objectContaining({ count: 2, notApplicable: 1, mean: 2, isBinary: false }),
  ]);
});

test('a score that never applies has no mean', () => {
  expect(summarizeScores([{ name: 'x', value: null }])).toEqual([
    expect.objectContaining({ count: 0, notApplicable: 1, mean: null }),
  ]);
});

test('scores are kept apart by name, in the order in which the names came', () => {
  const scores = [
    { name: 'b', value: 1 },
    { name: 'a', value: 2 },
    { name: 'b', value: 3 },
  ];
  expect(summarizeScores(scores).map(({ name, mean }) => [name, mean])).toEqual([
    ['b', 2],
    ['a', 2],
  ]);
});
