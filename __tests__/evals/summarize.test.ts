import { tInterval } from '../../src/evals/statistics/t-interval';
import { wilsonInterval } from '../../src/evals/statistics/wilson';
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

test("right and wrong have Wilson's interval, numbers the t interval", () => {
  const [right, length] = summarizeScores([
    ...[true, false, true, true].map((value) => ({ name: 'right', value })),
    ...[2, 4, 9].map((value) => ({ name: 'length', value })),
  ]);
  expect(right?.interval?.low).toBeCloseTo(wilsonInterval(3, 4).low, 12);
  expect(right?.standardError).toBe(0.25);
  expect(length?.interval).toEqual(tInterval([2, 4, 9]));
});

test('a mixture of booleans and numbers is numbers', () => {
  const [mixed] = summarizeScores([true, 0.5, 0].map((value) => ({ name: 'x', value })));
  expect(mixed).toMatchObject({ mean: 0.5, isBinary: false, interval: tInterval([1, 0.5, 0]) });
});

test('a summary is the same after a journey as JSON', () => {
  const summaries = summarizeScores([
    { name: 'one', value: 37 },
    { name: 'none', value: null },
    { name: 'all', value: true },
  ]);
  expect(JSON.parse(JSON.stringify(summaries))).toEqual(summaries);
});
