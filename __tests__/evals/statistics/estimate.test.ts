import { bootstrapInterval } from '../../../src/evals/statistics/bootstrap';
import { boundedInterval } from '../../../src/evals/statistics/bounded-interval';
import {
  estimate,
  requireEstimateOptions,
  type EstimateOptions,
} from '../../../src/evals/statistics/estimate';
import { standardError } from '../../../src/evals/statistics/standard-error';
import { tQuantile } from '../../../src/evals/statistics/student-t';
import { tInterval } from '../../../src/evals/statistics/t-interval';
import { wilsonInterval } from '../../../src/evals/statistics/wilson';
import { expectNear } from './near';

function samples<Value>(values: readonly Value[]): { id: string; value: Value }[] {
  return values.map((value, index) => ({ id: String(index), value }));
}

const right = samples([true, true, true, false, true]);
const real = samples([0.2, 0.4, 0.9, 1.4]);
const groups = ['a', 'a', 'a', 'b', 'b', 'c', 'c', 'c', 'c', 'd', 'e', 'e'];

test("right and wrong have Wilson's interval, real values the t interval", () => {
  const binary = estimate(right);
  expect(binary).toMatchObject({ n: 5, mean: 0.8, standardError: 0.2 });
  const wilson = wilsonInterval(4, 5);
  expectNear(Object.values(binary.interval ?? {}), Object.values(wilson));
  expect(estimate(real).interval).toEqual(tInterval([0.2, 0.4, 0.9, 1.4]));
});

test('a value that only rounding puts outside a range is in it', () => {
  const nearly = (values: number[], off: number): number[] => [...Array<number>(198).fill(off), ...values];
  const intervals = (values: number[], range?: [number, number]): number[] =>
    (['auto', 't'] as const).flatMap((method) =>
      Object.values(estimate(samples(values), { method, ...(range && { range }) }).interval ?? {}),
    );
  expectNear(intervals(nearly([0.9, 1], 1 + Number.EPSILON)), intervals(nearly([0.9, 1], 1)));
  expectNear(intervals(nearly([0.1, 0], 1 - 0.9 - 0.1)), intervals(nearly([0.1, 0], 0)));
  expectNear(intervals([0.1 + 0.2, 0.1, 0.2], [0, 0.3]), intervals([0.3, 0.1, 0.2], [0, 0.3]));
  const [off, exact] = [1 + Number.EPSILON, 1].map((first) => {
    const values = samples([first, 1, 0.5, 0.75]);
    return estimate(values.map((sample, index) => ({ ...sample, cluster: String(index >> 1) })));
  });
  expectNear(Object.values(off?.interval ?? {}), Object.values(exact?.interval ?? {}));
  expect(estimate(samples([1 + 1e-9, 0.5])).interval?.high).toBeGreaterThan(1);
});

test('the method is a choice; where the range is known the interval is no narrower than what that shows', () => {
  const wilson = wilsonInterval(4, 5);
  expect(estimate(right, { method: 't' }).interval).toEqual({ low: tInterval([1, 1, 1, 0, 1]).low, high: 1 });
  expect(estimate(right, { method: 'bootstrap' }).interval?.low).toBeLessThanOrEqual(wilson.low);
  expect(estimate(samples([2, 3, 2.5]), { method: 't' }).interval).toEqual(tInterval([2, 3, 2.5]));
  expect(estimate(real, { method: 'bootstrap', seed: 3, draws: 99 }).interval).toEqual(
    bootstrapInterval([0.2, 0.4, 0.9, 1.4], { seed: 3, draws: 99 }),
  );
});

test("clustered right and wrong have the wider of Wilson's interval for the effective number, and of their range", () => {
  const values = [1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 1, 1].map(Boolean);
  const found = estimate(samples(values).map((sample, i) => ({ ...sample, cluster: groups[i]! })));
  const { standardError: se, df } = standardError(values.map(Number), groups);
  expect(found.standardError).toBe(se);
  // Franco et al. (2019), with the factor of Korn and Graubard.
  const n = (12 / (se ** 2 / ((0.75 * 0.25) / 11))) * (tQuantile(0.975, 11) / tQuantile(0.975, df)) ** 2;
  const [effective, range] = [
    wilsonInterval(0.75 * n, n),
    boundedInterval(values.map(Number), [0, 1], groups),
  ];
  expectNear(found.interval?.low ?? NaN, Math.min(effective.low, range.low));
  expectNear(found.interval?.high ?? NaN, Math.max(effective.high, range.high));
});

test('shares of several trials have the interval of their range', () => {
  const shares = samples([0.5, 1, 0]).map((sample) => ({ ...sample, trials: 2 }));
  expect(estimate(shares).interval).toEqual(boundedInterval([0.5, 1, 0], [0, 1]));
});

test('the interval of values without spread has a width where their range is known, by any method', () => {
  for (const method of ['auto', 't', 'bootstrap'] as const) {
    const { interval, standardError: error } = estimate(samples([1, 1, 1, 1]), { method });
    expect({ interval, error }).toEqual({ interval: boundedInterval([1, 1, 1, 1], [0, 1]), error: 0 });
    expect(estimate(samples([4, 4, 4]), { method, range: [1, 5] }).interval).toEqual(
      boundedInterval([4, 4, 4], [1, 5]),
    );
    expect(estimate(samples([4, 4, 4]), { method })).not.toHaveProperty('interval');
    const measures = samples([1, 1, 1]).map((sample) => ({ ...sample, kind: 'real' as const }));
    expect(estimate(measures, { method })).not.toHaveProperty('interval');
  }
  const clustered = samples([1, 1, 1, 1]).map((sample, i) => ({ ...sample, cluster: String(i % 2) }));
  expect(estimate(clustered).interval).toEqual(boundedInterval([1, 1], [0, 1]));
});

test('nearly equal values have nearly the interval of equal ones', () => {
  const ones = Array<number>(19).fill(1);
  const [equal, nearly] = [estimate(samples([...ones, 1])), estimate(samples([...ones, 0.999]))];
  expect(Math.abs((equal.interval?.low ?? NaN) - (nearly.interval?.low ?? NaN))).toBeLessThan(1e-4);
  const inClusters = (last: number): number =>
    estimate(samples([...ones, last]).map((sample, i) => ({ ...sample, cluster: String(i % 5) }))).interval
      ?.low ?? NaN;
  expect(Math.abs(inClusters(1) - inClusters(0.999))).toBeLessThan(1e-3);
  // Right and wrong have another formula, and nearly the same interval.
  const { interval } = estimate(samples(Array<boolean>(20).fill(true)));
  expect(Math.abs((interval?.low ?? NaN) - (nearly.interval?.low ?? NaN))).toBeLessThan(0.01);
});

test('one sample has no standard error, and an interval only if its range is known', () => {
  expect(estimate(samples([37]))).toEqual({ n: 1, mean: 37 });
  expect(estimate(samples([37, 37]))).toEqual({ n: 2, mean: 37, standardError: 0 });
  expect(estimate(samples([0.5]))).toEqual({ n: 1, mean: 0.5, interval: boundedInterval([0.5], [0, 1]) });
  expect(estimate(samples([true]))).toEqual({ n: 1, mean: 1, interval: wilsonInterval(1, 1) });
});

test('an option that there is none of is refused', () => {
  const options = { metod: 't' } as EstimateOptions;
  expect(() => requireEstimateOptions('statistics', options)).toThrow(
    'statistics: there is no option metod; did you mean method.',
  );
});

test('no samples, clusters of some samples, and the bootstrap of clusters are refused', () => {
  expect(() => estimate([])).toThrow('there are no values');
  const some = [
    { id: 'x', value: 1, cluster: 'a' },
    { id: 'y', value: 2 },
  ];
  expect(() => estimate(some)).toThrow('Sample "y" has no cluster, but 1 of 2 samples have one.');
  expect(() => estimate(some.slice(0, 1), { method: 'bootstrap' })).toThrow('does not know clusters');
});
