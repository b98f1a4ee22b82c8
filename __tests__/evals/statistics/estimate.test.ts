import { bootstrapInterval } from '../../../src/evals/statistics/bootstrap';
import {
  estimate,
  requireEstimateOptions,
  type EstimateOptions,
} from '../../../src/evals/statistics/estimate';
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

test('the method is a choice', () => {
  expect(estimate(right, { method: 't' }).interval).toEqual(tInterval([1, 1, 1, 0, 1]));
  expect(estimate(real, { method: 'bootstrap', seed: 3, draws: 99 }).interval).toEqual(
    bootstrapInterval([0.2, 0.4, 0.9, 1.4], { seed: 3, draws: 99 }),
  );
});

test("clustered right and wrong have Wilson's interval for the effective number of samples", () => {
  // statsmodels 0.15.0:
  // se = OLS(right, ones).fit(cov_type='cluster', cov_kwds={'groups': groups}, use_t=True).bse[0] = 0.11876…
  // n = 12 / (se**2 / (p*(1-p)/11)) * (t.ppf(.975, 11) / t.ppf(.975, 4))**2 = 9.11265…;
  // proportion_confint(p*n, n, method='wilson')
  const values = [1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 1, 1].map(Boolean);
  const found = estimate(samples(values).map((sample, i) => ({ ...sample, cluster: groups[i]! })));
  expectNear([found.standardError ?? NaN], [0.1187682734478269]);
  expectNear(Object.values(found.interval ?? {}), [0.42868395045425955, 0.9230442931169828]);
});

test('clusters that are all right count as so many samples as there are clusters', () => {
  const clustered = samples(Array<boolean>(20).fill(true)).map((sample, i) => ({
    ...sample,
    cluster: String(i % 4),
  }));
  expect(estimate(clustered).interval).toEqual(wilsonInterval(4, 4));
});

test('shares of several trials never have an interval narrower than that of all trials on their own', () => {
  const shares = samples([0.5, 0.5]).map((sample) => ({ ...sample, trials: 2 }));
  expect(estimate(shares).interval).toEqual(wilsonInterval(2, 4));
  const all = samples([1, 1, 1]).map((sample) => ({ ...sample, trials: 10 }));
  expect(estimate(all).interval).toEqual(wilsonInterval(3, 3));
});

test('real values from 0 to 1 without spread have no interval of no width, but that of as many shares', () => {
  expect(estimate(samples([1, 1, 1, 1]))).toMatchObject({ standardError: 0, interval: wilsonInterval(4, 4) });
  expect(estimate(samples([0.7, 0.7]))).toMatchObject({ interval: wilsonInterval(1.4, 2) });
  const clustered = samples([1, 1, 1, 1]).map((sample, i) => ({ ...sample, cluster: String(i % 2) }));
  expect(estimate(clustered)).toMatchObject({ interval: wilsonInterval(2, 2) });
});

test('one sample has no standard error, and an interval only if it is from 0 to 1', () => {
  expect(estimate(samples([37]))).toEqual({ n: 1, mean: 37 });
  expect(estimate(samples([37, 37]))).toEqual({ n: 2, mean: 37, standardError: 0 });
  expect(estimate(samples([0.5]))).toEqual({ n: 1, mean: 0.5, interval: wilsonInterval(0.5, 1) });
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
