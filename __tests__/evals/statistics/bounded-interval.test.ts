import fc from 'fast-check';
import { boundedInterval } from '../../../src/evals/statistics/bounded-interval';
import { randomDraws } from '../../../src/evals/statistics/random-draws';

/** So many 1 among n, the others 0. */
const counts = (right: number, n: number): number[] =>
  Array.from({ length: n }, (_, index) => +(index < right));

describe('the interval of values with bounds', () => {
  // The chance of as many right ones or more is 2.5 % at the lower end: sums of the binomial distribution.
  function tail(right: number, n: number, p: number): number {
    let [sum, choose] = [0, 1];
    for (let k = 0; k <= n; k++) {
      if (k >= right) sum += choose * p ** k * (1 - p) ** (n - k);
      choose *= (n - k) / (k + 1);
    }
    return sum;
  }

  function clopperPearson(right: number, n: number): number {
    let [low, high] = [0, 1];
    for (let step = 0; step < 60; step++) {
      const middle = (low + high) / 2;
      if (tail(right, n, middle) > 0.025) high = middle;
      else low = middle;
    }
    return low;
  }

  test.each([
    [1, 1, 0.003],
    [2, 2, 0.003],
    [3, 5, 0.001],
    [10, 10, 0.002],
    [7, 10, 0.001],
    [20, 20, 0.001],
    [1, 30, 0.001],
    [45, 50, 0.001],
    [99, 100, 0.001],
  ])('of %d right ones in %d is that of Clopper and Pearson, to %d', (right, n, off) => {
    const { low } = boundedInterval(counts(right, n), [0, 1]);
    expect(Math.abs(low - clopperPearson(right, n))).toBeLessThan(off);
    expect(1 - boundedInterval(counts(n - right, n), [0, 1]).high).toBeCloseTo(low, 10);
  });

  test('is what random weights give', () => {
    const values = [0.3, 0.35, 0.5, 0.5, 0.61, 0.7, 0.72, 0.9, 0.94, 0.99, 1, 1];
    const draw = randomDraws(3);
    const exponential = (): number => -Math.log((draw(2 ** 32) + 0.5) / 2 ** 32);
    const means = Array.from({ length: 100_000 }, () => {
      let [weights, sum] = [exponential(), 0];
      for (const value of values) {
        const weight = exponential();
        weights += weight;
        sum += weight * value;
      }
      return sum / weights;
    }).sort((a, b) => a - b);
    expect(Math.abs((means[2_500] ?? NaN) - boundedInterval(values, [0, 1]).low)).toBeLessThan(0.002);
  });

  const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 });

  test('has the mean inside, stays within the bounds, and rises with every value', () => {
    fc.assert(
      fc.property(shares, fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (values, at, more) => {
        const [{ low, high }, index] = [boundedInterval(values, [0, 1]), at % values.length];
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        expect([low >= 0, low <= mean + 1e-12, mean <= high + 1e-12, high <= 1]).toEqual([
          true,
          true,
          true,
          true,
        ]);
        const better = boundedInterval(
          values.map((value, own) => (own === index ? Math.max(value, more) : value)),
          [0, 1],
        );
        expect(better.low).toBeGreaterThanOrEqual(low - 1e-9);
        expect(better.high).toBeGreaterThanOrEqual(high - 1e-9);
      }),
    );
  });

  test('of another range is that of the same shares of it', () => {
    const [plain, stars] = [boundedInterval([0.25, 1, 0.5], [0, 1]), boundedInterval([2, 5, 3], [1, 5])];
    expect(stars.low).toBeCloseTo(1 + 4 * plain.low, 10);
    expect(stars.high).toBeCloseTo(1 + 4 * plain.high, 10);
  });

  test('of clusters takes each of them for one value, and is as wide for copies of its samples', () => {
    const once = boundedInterval([0.2, 0.9, 1], [0, 1]);
    const copied = boundedInterval([0.2, 0.2, 0.9, 0.9, 1, 1], [0, 1], ['a', 'a', 'b', 'b', 'c', 'c']);
    expect(copied.low).toBeCloseTo(once.low, 10);
    expect(copied.high).toBeCloseTo(once.high, 10);
  });
});
