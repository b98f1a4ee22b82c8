import { estimate } from '../../../src/evals/statistics/estimate';
import { wilsonInterval } from '../../../src/evals/statistics/wilson';
import { mean } from '../../../src/evals/statistics/moments';
import { passAll, passAt, reduceTrials } from '../../../src/evals/statistics/trials';
import { expectNear } from './near';

function trials(n: number, passed: number): boolean[] {
  return Array.from({ length: n }, (_, index) => index < passed);
}

// scipy 1.17.1: 1 - hypergeom.pmf(0, n, c, k) and hypergeom.pmf(k, n, c, k)
test.each([
  [5, 2, 1, 0.4, 0.4],
  [5, 2, 2, 0.7, 0.1],
  [10, 3, 5, 0.9166666666666666, 0],
  [200, 17, 100, 0.99999636769084, 0],
  [4, 4, 3, 1, 1],
  [4, 0, 3, 0, 0],
  [3, 1, 3, 1, 0],
  [10, 7, 3, 0.9916666666666667, 0.2916666666666667],
])('of %d trials with %d passed, pass@%d and pass^k are the hypergeometric ones', (n, passed, k, at, all) => {
  expectNear([passAt(k)(trials(n, passed))].map(Number), at);
  expectNear([passAll(k)(trials(n, passed))].map(Number), all);
});

test('fewer trials than k cannot tell', () => {
  expect(passAt(3)([true, true])).toBeNull();
  expect(passAll(3)([true, true])).toBeNull();
});

test.each([0, 1.5, -1, NaN])('a k of %d is refused', (k) => {
  expect(() => passAt(k)).toThrow('passAt(): k is');
  expect(() => passAll(k)).toThrow('passAll(): k is');
});

test('a reducer of trials says how many it needs, and what it makes of them must be a value', () => {
  expect([passAt(3).leastTrials, passAll(2).leastTrials]).toEqual([3, 2]);
  for (const made of [NaN, 'x', undefined])
    expect(() => reduceTrials([{ id: 'x', value: true }], () => made as number)).toThrow(
      'A reducer of trials returned',
    );
});

test('thousands of trials do not overflow', () => {
  expectNear(Number(passAt(1)(trials(100_000, 40_000))), 0.4);
  expect(passAll(50_000)(trials(100_000, 99_999))).toBeCloseTo(0.5, 9);
});

test('the sample is the unit: trials become one value of their sample', () => {
  const reduced = reduceTrials([
    { id: 'x', value: true },
    { id: 'y', value: 0.5 },
    { id: 'x', value: false },
    { id: 'y', value: 0.7 },
  ]);
  expect(reduced).toEqual([
    { id: 'x', value: 0.5, trials: 2 },
    { id: 'y', value: 0.6 },
  ]);
});

test('a single trial stays as it is, so that right and wrong stay right and wrong', () => {
  expect(reduceTrials([{ id: 'x', value: true, cluster: 'c' }])).toEqual([
    { id: 'x', value: true, cluster: 'c' },
  ]);
});

test('trials to which the score does not apply do not count, nor does a sample without any other', () => {
  const reduced = reduceTrials(
    [
      { id: 'x', value: null },
      { id: 'y', value: null },
      { id: 'y', value: true },
      { id: 'y', value: false },
      { id: 'z', value: true },
    ],
    passAt(2),
  );
  expect(reduced).toEqual([{ id: 'y', value: 1, trials: 2 }]);
});

test('the mean of equal values is that value, to the last bit', () => {
  expect(mean([0.1, 0.1, 0.1])).toBe(0.1);
  expect(mean([true, false, true, true])).toBe(0.75);
  expect(() => mean([])).toThrow('there are no values');
});

test("a reducer on single trials of right and wrong leaves them so, with Wilson's interval", () => {
  const single = [true, false, true].map((value, index) => ({ id: String(index), value }));
  const reduced = reduceTrials(single, passAt(1));
  expect(reduced.map(({ value }) => value)).toEqual([true, false, true]);
  expect(estimate(reduced).interval).toEqual(wilsonInterval(2, 3));
});
