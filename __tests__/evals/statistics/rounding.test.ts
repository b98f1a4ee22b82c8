import { compare } from '../../../src/evals/statistics/compare';
import { estimate } from '../../../src/evals/statistics/estimate';
import { evaluateGate } from '../../../src/evals/statistics/evaluate-gate';
import type { Gate, GateOutcome } from '../../../src/evals/statistics/gate';
import { permutationTest } from '../../../src/evals/statistics/permutation-test';
import { differenceOf, isAtLeast, isNearly } from '../../../src/evals/statistics/rounding';
import { passAll } from '../../../src/evals/statistics/trials';

const almostOne = 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1;
const samples = (...values: number[]): { id: string; value: number }[] =>
  values.map((value, index) => ({ id: `s${index}`, value }));

test('numbers are equal if rounding is all that keeps them apart', () => {
  expect([isNearly(0.1 + 0.2, 0.3), isNearly(almostOne, 1), isNearly(0, 0)]).toEqual([true, true, true]);
  expect([isNearly(0.3, 0.300000001), isNearly(0, 1e-300), isNearly(-1, 1)]).toEqual([false, false, false]);
  expect([isNearly(-Infinity, 0.3), isNearly(NaN, NaN), isAtLeast(-Infinity, 0)]).toEqual([
    ...[false, false, false],
  ]);
  expect([isAtLeast(0.29999999999999993, 0.3), isAtLeast(0.2999, 0.3)]).toEqual([true, false]);
  expect([differenceOf(0.1 + 0.2, 0.3), differenceOf(0.5, 0.25)]).toEqual([0, 0.25]);
});

describe('a gate', () => {
  const judged = (gate: Gate, mean: number, interval = { low: mean, high: mean }): GateOutcome => {
    const scores = [{ name: 'x', count: 10, mean, interval }];
    return evaluateGate(gate, { samples: 10, errors: 0, scores, samplesOf: new Map([['x', samples(mean)]]) })
      .outcome;
  };

  it.each(['mean', 'lower95', 'upper95'] as const)('by %s is passed by a value that is the bar', (by) => {
    expect(judged({ x: { min: 0.3, by } }, 0.29999999999999993)).toBe('pass');
    expect(judged({ x: { min: 0.3, by } }, 0.30000000000000004)).toBe('pass');
    expect(judged({ x: { min: 0.3, by } }, 0.299999)).toBe('fail');
  });

  it('is inconclusive, and does not fail, where the upper end is the bar', () => {
    expect(judged({ x: { min: 0.3 } }, 0.2, { low: 0.1, high: 0.29999999999999993 })).toBe('inconclusive');
  });

  it('takes a sample for one that reaches its bar, and a drop for one that is allowed', () => {
    expect(judged({ perSample: { x: 1 } }, almostOne)).toBe('pass');
    // The lower end of the interval is the drop that is allowed, but for rounding.
    const [before, now] = [samples(0.8, 0.8, 0.8), samples(0.78, 0.8, 0.79)];
    const { low = NaN } = compare(now, before).interval ?? {};
    const vsBaseline = { run: 'base', maxDrop: -low * (1 - 1e-15) };
    const summary = { samples: 3, errors: 0, scores: [], samplesOf: new Map([['x', now]]) };
    expect(evaluateGate({ vsBaseline }, { ...summary, baseline: new Map([['x', before]]) }).outcome).toBe(
      'pass',
    );
  });

  it('has bars that are computed, for counts as for measures', () => {
    // 0.30000000000000004, 0.09999999999999998, and one ulp above 4.5.
    expect(judged({ x: { min: 0.1 + 0.2, by: 'mean' } }, 0.3)).toBe('pass');
    expect(judged({ x: { min: 4.5 + 2 ** -50, by: 'mean' } }, 4.5)).toBe('pass');
    expect(judged({ x: { min: 5e-324, by: 'mean' } }, 0)).toBe('fail');
    const errors = (maxErrors: number): GateOutcome =>
      evaluateGate({ maxErrors }, { samples: 1000, errors: 100, scores: [] }).outcome;
    expect([errors(1 - 0.9), errors(0.0999)]).toEqual(['pass', 'fail']);
  });

  it('allows as many errors as its share says', () => {
    // 0.29 · 100 is 28.999999999999996.
    expect(evaluateGate({ maxErrors: 0.29 }, { samples: 100, errors: 29, scores: [] }).outcome).toBe('pass');
    expect(evaluateGate({ maxErrors: 0.29 }, { samples: 100, errors: 30, scores: [] }).outcome).toBe('fail');
  });
});

describe('a comparison', () => {
  it('of values that are equal but for rounding finds nothing', () => {
    const [a, b] = [samples(...Array<number>(20).fill(0.1 + 0.2)), samples(...Array<number>(20).fill(0.3))];
    expect(compare(a, b)).toMatchObject({ difference: 0, p: 1 });
    expect(compare(a, b, { test: 'permutation' }).p).toBe(1);
  });

  it('of differences that are equal but for the rounding of large values has no interval', () => {
    const before = Array.from({ length: 12 }, (_, index) => (1e6 * (index + 1)) / 7);
    const found = compare(samples(...before.map((value) => value + 0.1)), samples(...before));
    expect(found.test).toBe('permutation');
    expect(found).not.toHaveProperty('interval');
  });

  it('of clusters whose differences cancel out but for rounding finds nothing', () => {
    const clustered = (...values: number[]): object[] =>
      Array.from({ length: 8 }).flatMap((_, cluster) =>
        values.map((value, index) => ({ id: `${cluster}/${index}`, value, cluster: String(cluster) })),
      );
    const [a, b] = [clustered(0.1, 0.2, 0) as never[], clustered(0, 0, 0.3) as never[]];
    expect(compare(a, b, { test: 'permutation' }).p).toBe(1);
  });
});

test('a difference that is only rounding does not move the permutation test', () => {
  // With a 17th, the changes of sign would be drawn by chance.
  const moving = Array.from({ length: 16 }, (_, index) => Math.sin(index + 1));
  expect(permutationTest([...moving, 0.1 + 0.2 - 0.3])).toBe(permutationTest(moving));
});

test('values that are equal but for rounding have no interval of no width', () => {
  const [plain, noisy] = [samples(0.3, 0.3, 0.3), samples(0.1 + 0.2, 0.3, 0.3)];
  expect(estimate(noisy).interval?.low).toBeCloseTo(estimate(plain).interval?.low ?? NaN, 9);
});

test('a trial that is right but for rounding passes', () => {
  expect(passAll(2)([almostOne, 1])).toBe(1);
});
