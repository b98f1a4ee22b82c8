import { compare } from '../../../src/evals/statistics/compare';
import { compareAll } from '../../../src/evals/statistics/compare-all';
import { expectNear } from './near';

function samples<Value>(values: readonly Value[], prefix = 's'): { id: string; value: Value }[] {
  return values.map((value, index) => ({ id: `${prefix}${index}`, value }));
}

const a = samples([0.8, 0.6, 0.9, 0.7, 0.95, 0.5, 0.85, 0.4, 0.75, 0.66]);
const b = samples([0.7, 0.65, 0.6, 0.5, 0.9, 0.45, 0.6, 0.42, 0.5, 0.6]);

test('real values are compared by the paired t test, as scipy does it', () => {
  // scipy 1.17.1: stats.ttest_rel(a, b), its confidence_interval(), stats.sem(a - b)
  const { interval, difference, standardError = NaN, p, ...rest } = compare(a, b);
  expectNear([difference, standardError, p], [0.119, 0.03871405142551962, 0.013271828983683285]);
  expectNear(Object.values(interval ?? {}), [0.03142273126682271, 0.20657726873317728]);
  expect(rest).toMatchObject({ n: 10, missingInA: 0, missingInB: 0, test: 't' });
  expect(rest.detectable).toBeCloseTo(3.1455 * 0.038714, 4);
});

test("right and wrong are compared by McNemar's exact test", () => {
  const right = samples([...Array<boolean>(10).fill(true), ...Array<boolean>(10).fill(false)]);
  const other = samples(Array.from({ length: 20 }, (_, index) => index === 0 || index === 19));
  const found = compare(right, other);
  expect(found).toMatchObject({ n: 20, difference: 0.4, test: 'mcnemar' });
  expectNear(found.p, 0.021484375);
  expect(found.interval?.low).toBeGreaterThan(0);
});

test('models that never differ still have an interval and a detectable difference', () => {
  const same = samples(Array<boolean>(30).fill(true));
  const { interval, p, detectable = 0 } = compare(same, same);
  expect(p).toBe(1);
  expect(interval?.high).toBeGreaterThan(0.05);
  expect(detectable).toBeGreaterThan(0.1);
});

test('pairs are made by id, in whatever order, and samples of one model only are left out and counted', () => {
  const found = compare(
    [...a, { id: 'only a', value: 0 }],
    [...samples([9, 9], 'only b'), ...b.toReversed()],
  );
  expect(found).toMatchObject({ n: 10, missingInA: 2, missingInB: 1 });
  expectNear(found.difference, 0.119);
});

test('the permutation test is a choice, and what is left where all differences are equal', () => {
  expect(compare(a, b, { test: 'permutation' })).toMatchObject({ p: 0.017578125, test: 'permutation' });
  const shifted = a.map(({ id, value }) => ({ id, value: value + 0.1 }));
  const found = compare(shifted, a);
  expect(found).toMatchObject({ p: 2 / 2 ** 10, test: 'permutation' });
  expect(found).not.toHaveProperty('interval');
});

test('the difference of two shares is 1 at most, however few they are', () => {
  const shares = (...values: number[]): { id: string; value: number; trials: number }[] =>
    samples(values).map((sample) => ({ ...sample, trials: 3 }));
  expect(compare(shares(0, 1 / 3), shares(1, 1)).interval).toMatchObject({ low: -1 });
  expect(compare(shares(1, 1), shares(0, 1 / 3)).interval).toMatchObject({ high: 1 });
  expect(compare(samples([0, 1 / 3]), samples([1, 1])).interval?.low).toBeLessThan(-1);
});

test('clusters are the units of the test', () => {
  const clustered = a.map((sample, index) => ({ ...sample, cluster: `c${index % 5}` }));
  const other = b.map((sample, index) => ({ ...sample, cluster: `c${index % 5}` }));
  const found = compare(clustered, other);
  expect(found.p).not.toBeCloseTo(compare(a, b).p, 3);
  // Five clusters, all of whose sums are above 0: the smallest p-value that there is.
  expect(compare(clustered, other, { test: 'permutation' }).p).toBe(2 / 2 ** 5);
  const binary = [true, false].map((value, index) => ({ id: `s${index}`, value, cluster: 'c' }));
  const wrong = binary.map((sample) => ({ ...sample, value: false }));
  expect(compare(binary, wrong)).toMatchObject({ test: 'permutation', p: 1 });
});

test('clusters that one side lacks, or that differ between the sides, are refused both ways', () => {
  const inOne = a.map((sample) => ({ ...sample, cluster: 'x' }));
  const inOther = b.map((sample, index) => ({ ...sample, cluster: index === 3 ? 'y' : 'x' }));
  expect(() => compare(inOne, b)).toThrow(
    'sample "s0" is in the cluster "x" in the first model and in no cluster in the second',
  );
  expect(() => compare(b, inOne)).toThrow('sample "s0" is in no cluster in the first model');
  expect(() => compare(inOne, inOther)).toThrow(
    'sample "s3" is in the cluster "x" in the first model and in the cluster "y" in the second',
  );
  expect(() => compareAll({ inOne, inOther })).toThrow('must be the same in both');
});

test('a single pair of real values has a difference, and neither interval nor significance', () => {
  const found = compare(samples([0.9]), samples([0.1]));
  expect(found).toEqual({ n: 1, missingInA: 0, missingInB: 0, difference: 0.8, p: 1, test: 'permutation' });
});

test('no common samples, and samples that occur twice, are refused', () => {
  expect(() => compare(a, samples([1], 'x'))).toThrow('no sample in common');
  expect(() => compare([...a, ...a], b)).toThrow('sample "s0" occurs twice in one model');
  expect(() => compare(a, [...b, { id: 's3', value: 1 }])).toThrow('sample "s3" occurs twice');
});

test('all pairs of models are compared, with p-values adjusted for their number', () => {
  const worse = b.map(({ id, value }, index) => ({ id, value: value - 0.1 * (1 + (index % 3)) }));
  const found = compareAll({ a, b, worse, stranger: samples([1], 'x') });
  expect(found.map((one) => [one.a, one.b])).toEqual([
    ['a', 'b'],
    ['a', 'worse'],
    ['b', 'worse'],
  ]);
  expectNear(found[0]!.adjustedP, found[0]!.p);
  expect(found[1]!.adjustedP).toBeGreaterThan(found[1]!.p);
});
