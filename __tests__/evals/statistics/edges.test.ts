import { isModelProviderError } from '../../../src/base/errors';
import { bootstrapInterval } from '../../../src/evals/statistics/bootstrap';
import { compare } from '../../../src/evals/statistics/compare';
import { compareAll } from '../../../src/evals/statistics/compare-all';
import { detectableDifference } from '../../../src/evals/statistics/detectable-difference';
import { estimate } from '../../../src/evals/statistics/estimate';
import { holm } from '../../../src/evals/statistics/holm';
import { mcnemar } from '../../../src/evals/statistics/mcnemar';
import { mean } from '../../../src/evals/statistics/moments';
import { normalCdf, normalTwoSided } from '../../../src/evals/statistics/normal';
import { permutationTest } from '../../../src/evals/statistics/permutation-test';
import type { SampleScore } from '../../../src/evals/statistics/sample-score';
import { standardError } from '../../../src/evals/statistics/standard-error';
import { tQuantile, tTwoSided } from '../../../src/evals/statistics/student-t';
import { tInterval } from '../../../src/evals/statistics/t-interval';
import { passAll, passAt, reduceTrials } from '../../../src/evals/statistics/trials';
import { wilsonInterval } from '../../../src/evals/statistics/wilson';
import { expectNear } from './near';

const samples = (values: readonly number[], more: Partial<SampleScore> = {}): SampleScore[] =>
  values.map((value, index) => ({ id: String(index), value, ...more }));
const pattern = [0.1, 0.35, 0.2, 0.9, 0.4, 0.55, 0.75, 0.15];
const scaled = (size: number): number[] => pattern.map((value) => value * size);
const groups = ['a', 'a', 'b', 'b', 'b', 'c', 'c', 'd'];
const settings = { seed: 1, draws: 200 };

describe('a result has the size of its values, however small or large they are', () => {
  // Powers of two, so that the values are the same to the last bit.
  test.each([-1000, -700, -400, 400, 700, 1000])('2 to the power of %d', (power) => {
    const size = 2 ** power;
    const back = (found: object): number[] => Object.values(found).map((value) => Number(value) / size);
    expectNear(mean(scaled(size)) / size, mean(pattern));
    expectNear(standardError(scaled(size)).standardError / size, standardError(pattern).standardError);
    expectNear(
      standardError(scaled(size), groups).standardError / size,
      standardError(pattern, groups).standardError,
    );
    expectNear(back(tInterval(scaled(size))), Object.values(tInterval(pattern)));
    expectNear(
      back(bootstrapInterval(scaled(size), settings)),
      Object.values(bootstrapInterval(pattern, settings)),
    );
    expect(permutationTest(scaled(size))).toBe(permutationTest(pattern));
    const [big, plain] = [scaled(size), pattern].map((values) =>
      compare(samples(values), samples(values.map((value, index) => (index % 3) * value))),
    );
    expectNear(big?.p ?? NaN, plain?.p ?? NaN);
    const { interval } = estimate(samples(scaled(size)), { range: [0, size] });
    expectNear(
      back(interval ?? {}),
      Object.values(estimate(samples(pattern), { range: [0, 1] }).interval ?? {}),
    );
  });

  test('large values with a small spread have that spread, also in clusters', () => {
    const small = [0.25, 0.5, 1, 0.125, 0.75, 0.375, 0.625, 0];
    const large = small.map((value) => value + 1e8);
    expect(standardError(large).standardError / standardError(small).standardError).toBeCloseTo(1, 13);
    expect(
      standardError(large, groups).standardError / standardError(small, groups).standardError,
    ).toBeCloseTo(1, 13);
  });
});

describe('nothing loops, and nothing is NaN', () => {
  const hostile = [
    ...[0, -0, 1, -1, 0.1, 5e-324, -5e-324, 2.3e-308, 1e-160, 1e-108, 1e103, 1e155, 1e300, 1.7e308, -1.7e308],
    ...[NaN, Infinity, -Infinity, 1e15, 0.5, 2 ** 53],
  ];

  /** What a function returns, or that it refuses its arguments. */
  function isSound(found: () => unknown): boolean {
    try {
      return hasNoNaN(found());
    } catch (error) {
      if (isModelProviderError(error, 'EVAL_INVALID') && /^[A-Za-z ]/.test(error.message)) return true;
      throw error;
    }
  }

  function hasNoNaN(value: unknown): boolean {
    if (typeof value === 'number') return !Number.isNaN(value);
    return typeof value !== 'object' || value === null || Object.values(value).every(hasNoNaN);
  }

  const lists = hostile.flatMap((a) =>
    hostile.flatMap((b) => [[a], [a, b], [a, a, b], [a, b, 0, 1], [...Array<number>(20).fill(a), b]]),
  );

  test.each<[string, (values: readonly number[]) => unknown]>([
    ['mean', (values) => mean(values)],
    ['tInterval', (values) => tInterval(values)],
    [
      'tInterval of clusters',
      (values) =>
        tInterval(
          values,
          values.map((_, index) => String(index >> 1)),
        ),
    ],
    ['bootstrapInterval', (values) => bootstrapInterval(values, { draws: 20 })],
    ['permutationTest', (values) => permutationTest(values, { draws: 20 })],
    ['estimate', (values) => estimate(samples(values))],
    [
      'estimate of clusters',
      (values) =>
        estimate(samples(values).map((sample, index) => ({ ...sample, cluster: String(index >> 1) }))),
    ],
    ['estimate of measures', (values) => estimate(samples(values, { kind: 'real' }))],
    ['estimate by the bootstrap', (values) => estimate(samples(values), { method: 'bootstrap', draws: 20 })],
    ['estimate in a range', (values) => estimate(samples(values), { range: [-1.7e308, 1] })],
    ['compare', (values) => compare(samples(values), samples(values.map((value) => value / 3)))],
    [
      'compare of clusters',
      (values) =>
        compare(samples(values, { cluster: 'a' }), samples([...values].reverse(), { cluster: 'a' })),
    ],
    ['holm', (values) => holm(values)],
  ])('%s', (_name, found) => {
    for (const values of lists)
      expect({ values, isSound: isSound(() => found(values)) }).toEqual({ values, isSound: true });
  });

  test('functions of two numbers', () => {
    for (const a of [...hostile, -5, 3, 1e9, 9007199254740991])
      for (const b of [...hostile, 2, 7, 1e9, 9007199254740991]) {
        const found = [
          () => wilsonInterval(a, b),
          () => mcnemar(a, b),
          () => detectableDifference({ standardError: a, df: b }),
          () => passAt(a)([true, false]),
          () => passAll(b)([true, false]),
        ];
        expect({ a, b, found: found.map(isSound) }).toEqual({ a, b, found: found.map(() => true) });
      }
  });
});

describe('distributions at their ends', () => {
  test('the tail of t is that of its formula far out, and of the normal distribution for many degrees of freedom', () => {
    // P(|T| > t) of one degree of freedom is 2·atan(1/t)/π; of two 1 − t/√(2+t²), which is 1/t².
    expectNear(tTwoSided(1e200, 1) / 1e-200, 2 / Math.PI);
    expectNear(tTwoSided(1e120, 2) / 1e-240, 1);
    expect([tTwoSided(Infinity, 3), tTwoSided(1e300, 1e15), tTwoSided(0, 1e15)]).toEqual([0, 0, 1]);
    // erfc(1.96/√2) and erfc(10/√2), A. Genz's values.
    expectNear(tTwoSided(1.96, Infinity), 0.04999579029644097);
    expectNear(normalTwoSided(10) / 1.523970604832094e-23, 1);
    for (const df of [1e15, Infinity]) expectNear(tQuantile(0.975, df), 1.959963984540054);
    expect(normalCdf(NaN)).toBeNaN();
  });

  test('both formulas of t agree where one takes over from the other', () => {
    for (const t of [0.01, 0.5, 1, 2, 3, 5, 8]) {
      const ratio = tTwoSided(t, 1e6) / tTwoSided(t, 1e6 + 1);
      expect(Math.abs(ratio - 1)).toBeLessThan(1e-8);
    }
    for (const p of [0.6, 0.8, 0.975, 0.9999]) expectNear(tQuantile(p, 1e6), tQuantile(p, 1e6 + 1));
  });

  test("Wilson's interval of tiny and of huge numbers is within its bounds, and near a quadratic's roots", () => {
    const z = 1.959963984540054;
    expect(wilsonInterval(5e-324, 5e-324)).toEqual({ low: 0, high: 1 });
    expectNear(wilsonInterval(1e-14, 1).low / (1e-28 / (z * z)), 1);
    expectNear(Object.values(wilsonInterval(4e307, 1e308)), [0.4, 0.4]);
    // Of a small share of n the upper end is that of a Poisson number, divided by n.
    expectNear(wilsonInterval(0, 1e15).high * 1e15, z * z);
    expectNear(wilsonInterval(1, 1e300).high * 1e300, 1 + (z * z) / 2 + z * Math.sqrt(1 + (z * z) / 4));
  });

  test("McNemar's test is exact to the last digits up to a million samples", () => {
    // Python: 2 * sum(comb(n, i) for i in range(k + 1)) / 2**n, in whole numbers.
    for (const [fewer, n, p] of [
      [10, 710, 3.17055298404306e-192],
      [49_500, 100_000, 0.001582359878851594],
      [498_000, 1_000_000, 6.360933750082478e-5],
      [495_000, 1_000_000, 1.538155504390732e-23],
    ] as const)
      expect(Math.abs(mcnemar(fewer, n - fewer) / p - 1)).toBeLessThan(1e-11);
    expect([mcnemar(0, 1070), mcnemar(0, 1_000_000)]).toEqual([2 ** -1069, 0]);
  });

  test("McNemar's test of many samples goes on from the sum of their probabilities", () => {
    // Python: 2 * sum(comb(n, i) for i in range(k + 1)) / 2**n, in whole numbers.
    for (const [fewer, p] of [
      [499_500, 0.31682729224447803],
      [498_000, 6.30750904954816e-5],
      [490_000, 5.328544166489484e-89],
    ] as const)
      expect(Math.abs(mcnemar(fewer, 1_000_002 - fewer) / p - 1)).toBeLessThan(1e-8);
    // Python: erfc((2e8 - 1) / sqrt(8e15 + 2e8) / sqrt(2)), which is as good for so many.
    expectNear(mcnemar(4e15, 4e15 + 2e8), 0.02534732124034029);
    expect(mcnemar(9e14, 9e14 + 1)).toBe(1);
  });
});

describe('options and seeds that cannot be meant are refused by every function', () => {
  const bad: readonly [object | null, string][] = [
    [{ seed: 0.5 }, 'seed is 0.5; it must be a whole number'],
    [{ seed: NaN }, 'seed is NaN'],
    [{ seed: 2 ** 60 }, 'seed is 1152921504606847000'],
    [{ seed: '7' }, 'seed is "7"'],
    [{ draws: 0 }, 'draws is 0; it must be a whole number of at least 1'],
    [{ draws: 1e15 }, 'draws is 1000000000000000; it must be 1000000 at most'],
    [{ drwas: 5 }, 'there is no option drwas; did you mean draws'],
    [null, 'the options are null; they must be an object'],
  ];
  const ofComparisons: typeof bad = [...bad, [{ test: null }, 'test is null; it must be one of auto, t']];
  test.each(ofComparisons)('%j, also where there is nothing to compare', (options, message) => {
    for (const models of [{}, { a: samples([1, 2]) }, { a: samples([1]), b: [] }])
      expect(() => compareAll(models, options as never)).toThrow(message);
  });

  test.each(bad)('%j', (options, message) => {
    const given = options as never;
    expect(() => bootstrapInterval([1, 2], given)).toThrow(message);
    expect(() => permutationTest([1, 2], given)).toThrow(message);
    expect(() => estimate(samples([1, 2]), given)).toThrow(message);
    expect(() => compare(samples([1, 2]), samples([1, 2]), given)).toThrow(message);
  });

  test.each([
    [[1]],
    [[1, 1]],
    [[2, 1]],
    [[0, Infinity]],
    [[NaN, 1]],
    ['01'],
    [[0, 1, 2]],
    [[-1.7e308, 1.7e308]],
  ])('the range %j', (range) => {
    expect(() => estimate(samples([1, 2]), { range: range as never })).toThrow(
      'write the least and the most',
    );
  });

  test('others', () => {
    expect(() => estimate(samples([1, 7]), { range: [0, 5] })).toThrow(
      'the value 7 is outside the range from 0 to 5',
    );
    expect(() => estimate(samples([1, 0.5], { trials: 1.5 }))).toThrow('which is no share of 1.5 trials');
    expect(() => estimate(samples([1, 2], { trials: 3 }))).toThrow(
      'has the value 2, which is no share of 3 trials',
    );
    expect(() => reduceTrials([{ id: 'a', value: NaN }])).toThrow('sample "a" has the value NaN');
    expect(() => reduceTrials([], 'mean' as never)).toThrow('the reducer is "mean"; write passAt(3)');
    expect(() => detectableDifference({ standardError: 1, df: 0 })).toThrow('df is 0; it must be at least 1');
    expect(() => detectableDifference({ standardError: -1, df: 5 })).toThrow('standardError is -1');
    expect(() => estimate(samples([1, 2]), { method: null as never })).toThrow('method is null');
    // What only looks like a number is added as a text.
    expect(() => detectableDifference({ standardError: 1, df: '3' as never })).toThrow('df is 3');
    expect(() => wilsonInterval('1' as never, 2)).toThrow('1 successes of 2');
    for (const wrong of ['0.1', null, true, undefined])
      expect(() => holm([0.5, wrong as never])).toThrow('is not a p-value');
  });
});
