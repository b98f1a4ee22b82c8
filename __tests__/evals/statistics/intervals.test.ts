import { bootstrapInterval } from '../../../src/evals/statistics/bootstrap';
import { standardError } from '../../../src/evals/statistics/standard-error';
import { tInterval } from '../../../src/evals/statistics/t-interval';
import { wilsonInterval } from '../../../src/evals/statistics/wilson';
import { expectNear } from './near';

const values = [0.71, 0.93, 0.42, 0.88, 0.65, 0.97, 0.55, 0.8, 0.36, 0.77, 0.91, 0.68];
const clusters = ['a', 'a', 'a', 'b', 'b', 'c', 'c', 'c', 'c', 'd', 'e', 'e'];

describe("Wilson's interval", () => {
  // statsmodels 0.15.0: proportion_confint(successes, n, method='wilson')
  test.each([
    [0, 5, 0, 0.43448246478317487],
    [5, 5, 0.5655175352168252, 1],
    [8, 10, 0.49016247153664183, 0.9433178485456247],
    [20, 20, 0.8388748419471804, 1],
    [37, 50, 0.6044684273515116, 0.841284725064476],
    [950, 1000, 0.9346861797557492, 0.9618697376072513],
    [1, 300, 0.0005886577218511581, 0.01863669369453124],
  ])('of %d in %d is that of statsmodels', (successes, n, low, high) => {
    const interval = wilsonInterval(successes, n);
    expectNear([interval.low, interval.high], [low, high]);
  });

  test('has 0 and 1 as its ends, to the last bit, when nothing or everything is right', () => {
    for (let n = 1; n < 200; n++) {
      expect(wilsonInterval(0, n).low).toBe(0);
      expect(wilsonInterval(n, n).high).toBe(1);
    }
  });

  test.each([
    [1, 0],
    [3, 2],
    [-1, 2],
    [NaN, 2],
    [0, Infinity],
  ])('refuses %d of %d', (successes, n) => {
    expect(() => wilsonInterval(successes, n)).toThrow('is no proportion');
  });
});

describe('the t interval', () => {
  test('is that of scipy', () => {
    // scipy 1.17.1: stats.t.interval(0.95, 11, np.mean(values), stats.sem(values))
    const { low, high } = tInterval(values);
    expectNear([low, high], [0.5932107477657753, 0.8451225855675581]);
  });

  test('of clusters of one size is that of statsmodels, with clusters − 1 degrees of freedom', () => {
    const groups = ['a', 'a', 'a', 'b', 'b', 'b', 'c', 'c', 'c', 'd', 'd', 'd'];
    // statsmodels: OLS(values, ones).fit(cov_type='cluster', cov_kwds={'groups': groups}, use_t=True).bse,
    // from its formula: the clusters' sums of residuals, squared, times G/(G−1), over n².
    const sums = [-0.1, 0.1, -0.2, 0.2].map((_, group) =>
      values.slice(group * 3, group * 3 + 3).reduce((sum, value) => sum + value - 8.63 / 12, 0),
    );
    const robust = Math.sqrt((sums.reduce((sum, one) => sum + one ** 2, 0) * 4) / 3) / 12;
    const error = standardError(values, groups);
    expectNear(error.standardError, robust);
    expect(error.df).toBe(3);
  });

  test('of clusters of several sizes has the error of the jackknife, and fewer degrees of freedom', () => {
    // By its definition: the means without each cluster.
    const names = [...new Set(clusters)];
    const mean = (of: readonly number[]): number => of.reduce((sum, value) => sum + value, 0) / of.length;
    const without = names.map((name) => mean(values.filter((_, index) => clusters[index] !== name)));
    const squares = without.reduce((sum, one) => sum + (one - mean(values)) ** 2, 0);
    const error = standardError(values, clusters);
    expectNear(error.standardError, Math.sqrt((squares * 4) / 5));
    expect(error.df).toBeGreaterThan(2);
    expect(error.df).toBeLessThan(4);
  });

  test("has Satterthwaite's degrees of freedom: twice the mean squared of the variance, over its own variance", () => {
    // The trace formula, over all pairs of clusters.
    const sizes = [3, 2, 4, 1, 2];
    const shares = sizes.map((size) => size / 12);
    const variances = sizes.map((size) => size * (1 + 0.05 * (size - 1)));
    const total = variances.reduce((sum, variance) => sum + variance, 0);
    const b = sizes.map((_, g) =>
      sizes.map((_size, h) => {
        const [p, q, v, w] = [shares[g]!, shares[h]!, variances[g]!, variances[h]!];
        const covariance = (g === h ? v : 0) - p * w - q * v + p * q * total;
        return covariance / ((1 - p) * (1 - q));
      }),
    );
    const trace = b.reduce((sum, row, g) => sum + row[g]!, 0);
    const squared = b.flat().reduce((sum, one) => sum + one ** 2, 0);
    expectNear(standardError(values, clusters).df, trace ** 2 / squared);
  });

  test('is the same without clusters and with a cluster for each sample', () => {
    const single = tInterval(values, values.map(String));
    const plain = tInterval(values);
    expectNear([single.low, single.high], [plain.low, plain.high]);
  });

  test('of one sample, one cluster or equal values is unbounded, since nothing is known of the spread', () => {
    const unbounded = { low: -Infinity, high: Infinity };
    expect(tInterval([0.3, 0.3, 0.1 + 0.2])).toEqual(unbounded);
    expect(tInterval([0.5])).toEqual(unbounded);
    expect(tInterval([0.5, 0.7], ['a', 'a'])).toEqual(unbounded);
  });

  test('refuses no values, values that are not finite, and clusters that do not fit', () => {
    expect(() => tInterval([])).toThrow('there are no values');
    expect(() => tInterval([1, NaN])).toThrow('NaN is not a finite number');
    expect(() => tInterval([1, 2], ['a'])).toThrow('1 clusters for 2 values');
  });
});

describe('the bootstrap interval', () => {
  const skewed = [0.01, 0.02, 0.02, 0.03, 0.05, 0.05, 0.08, 0.1, 0.12, 0.2, 0.35, 0.4, 0.9, 0.95, 1];

  test('is that of scipy, within the chance of its draws, and not that of percentiles', () => {
    // scipy 1.17.1: stats.bootstrap((skewed,), np.mean, n_resamples=500000, method='BCa', rng=1): 0.14133,
    // 0.51133; method='percentile': 0.12267, 0.47533
    const { low, high } = bootstrapInterval(skewed, { draws: 200_000 });
    expect(Math.abs(low - 0.14133)).toBeLessThan(0.003);
    expect(Math.abs(high - 0.51133)).toBeLessThan(0.003);
  });

  test('depends on the seed alone', () => {
    expect(bootstrapInterval(skewed, { seed: 7 })).toEqual(bootstrapInterval(skewed, { seed: 7 }));
    expect(bootstrapInterval(skewed, { seed: 7 })).not.toEqual(bootstrapInterval(skewed, { seed: 8 }));
    expect(bootstrapInterval(skewed, { seed: 7 })).not.toEqual(
      bootstrapInterval(skewed, { seed: 7 + 2 ** 32 }),
    );
  });

  test('of equal values and of one value is unbounded, since nothing is known of the spread', () => {
    expect(bootstrapInterval([0.3, 0.3, 0.3])).toEqual({ low: -Infinity, high: Infinity });
    expect(bootstrapInterval([0.1 + 0.2, 0.3, 0.3])).toEqual({ low: -Infinity, high: Infinity });
    expect(bootstrapInterval([0.3])).toEqual({ low: -Infinity, high: Infinity });
  });

  test('stays within the values', () => {
    const { low, high } = bootstrapInterval([0, 1, 1], { draws: 500 });
    expect(low).toBeGreaterThanOrEqual(0);
    expect(high).toBeLessThanOrEqual(1);
  });

  test('refuses no values and no draws', () => {
    expect(() => bootstrapInterval([])).toThrow('there are no values');
    expect(() => bootstrapInterval([1, 2], { draws: 0 })).toThrow('draws is 0; it must be a whole number');
  });
});
