import { detectableDifference } from '../../../src/evals/statistics/detectable-difference';
import { holm } from '../../../src/evals/statistics/holm';
import { mcnemar, pairedShareInterval } from '../../../src/evals/statistics/mcnemar';
import { permutationTest } from '../../../src/evals/statistics/permutation-test';
import { expectNear } from './near';

describe("McNemar's exact test", () => {
  // scipy 1.17.1: stats.binomtest(min(a, b), a + b, 0.5).pvalue
  test.each([
    [9, 1, 0.021484375],
    [0, 6, 0.03125],
    [12, 5, 0.143463134765625],
    [7, 7, 1],
    [40, 3, 3.0213413992896676e-9],
    [300, 240, 0.011050481081929898],
    [900, 1100, 8.45708953550381e-6],
  ])('of %d against %d is the binomial test of scipy', (onlyA, onlyB, expected) => {
    expect(mcnemar(onlyA, onlyB) / expected).toBeCloseTo(1, 10);
    expect(mcnemar(onlyB, onlyA)).toBe(mcnemar(onlyA, onlyB));
  });

  test('is 1 for models that never differ', () => {
    expect(mcnemar(0, 0)).toBe(1);
  });

  test('refuses what is no count', () => {
    expect(() => mcnemar(1.5, 2)).toThrow('mcnemar(): 1.5 and 2 must be whole numbers');
  });
});

// From the formula, in Python: x, y = (a+1)/(n+2), (b+1)/(n+2); se = sqrt((x+y-(x-y)**2)/(n+2));
// x-y ∓ norm.ppf(.975)*se
test.each([
  [1, 7, 21, 0.12627259653810763, -0.5083593066664394, -0.013379823768343235],
  [0, 0, 10, 0.11785113019775792, -0.2309839707249463, 0.2309839707249463],
  [30, 12, 200, 0.032233782796261184, 0.025931857524930393, 0.15228596425724783],
])('the interval of %d against %d of %d is that of Bonett and Price', (onlyA, onlyB, n, error, low, high) => {
  const { interval, standardError } = pairedShareInterval(onlyA, onlyB, n);
  expectNear([standardError, interval.low, interval.high], [error, low, high]);
});

describe('the permutation test', () => {
  const a = [0.8, 0.6, 0.9, 0.7, 0.95, 0.5, 0.85, 0.4, 0.75, 0.66];
  const b = [0.7, 0.65, 0.6, 0.5, 0.9, 0.45, 0.6, 0.42, 0.5, 0.6];
  const many = [
    0.332, 0.353, 0.122, -0.147, -0.208, -0.004, 0.277, 0.377, 0.204, -0.083, -0.22, -0.081, 0.206, 0.377,
    0.275, -0.006, -0.208, -0.145, 0.125, 0.354, 0.331, 0.077, -0.174, -0.192, 0.04, 0.309, 0.367, 0.161,
    -0.119, -0.216, -0.041, 0.245, 0.38, 0.239, -0.048, -0.218, -0.113, 0.169, 0.369, 0.304,
  ];

  test('of few differences is exact, as that of scipy', () => {
    // scipy 1.17.1: permutation_test((a, b), lambda x, y, axis: np.mean(x - y, axis=axis),
    // permutation_type='samples', n_resamples=np.inf).pvalue
    expect(permutationTest(a.map((value, index) => value - b[index]!))).toBe(0.017578125);
  });

  test('of many is that of scipy, within the chance of its draws', () => {
    // scipy 1.17.1: the same with zeros for b and n_resamples=1000000, rng=1: 0.00963
    const p = permutationTest(many, { draws: 100_000 });
    expect(Math.abs(p - 0.0096)).toBeLessThan(0.0012);
  });

  test('depends on the seed alone, and never says 0', () => {
    expect(permutationTest(many, { seed: 5 })).toBe(permutationTest(many, { seed: 5 }));
    expect(permutationTest(many, { seed: 5 })).not.toBe(permutationTest(many, { seed: 6 }));
    expect(permutationTest(Array<number>(50).fill(1), { draws: 99 })).toBe(0.01);
  });

  test('leaves differences of 0 aside, and is 1 where nothing differs', () => {
    expect(permutationTest([0.1, 0.2, 0.3, 0, 0])).toBe(0.25);
    expect(permutationTest([0, 0])).toBe(1);
  });

  test('refuses no differences and no draws', () => {
    expect(() => permutationTest([])).toThrow('there are no values');
    expect(() => permutationTest([1], { draws: 0 })).toThrow('draws is 0');
  });
});

describe('the adjustment of Holm', () => {
  // statsmodels 0.15.0: multipletests(p, method='holm')[1], which is R's p.adjust(p, 'holm')
  test.each([
    [
      [0.01, 0.04, 0.03, 0.005, 0.04],
      [0.04, 0.09, 0.09, 0.025, 0.09],
    ],
    [
      [0.5, 0.9, 0.6],
      [1, 1, 1],
    ],
    [[0.03], [0.03]],
    [[], []],
  ])('of %j is that of statsmodels', (pValues, adjusted) => {
    expectNear(holm(pValues), adjusted);
  });

  test('refuses what is no p-value', () => {
    expect(() => holm([0.1, NaN])).toThrow('NaN is not a p-value');
    expect(() => holm([1.1])).toThrow('1.1 is not a p-value');
  });
});

describe('the detectable difference', () => {
  // statsmodels 0.15.0: TTestPower().solve_power(nobs=n, alpha=0.05, power=0.8);
  // R's power.t.test(type = 'paired')
  test.each([
    [5, 1.6819970833232674],
    [10, 0.9960019107624178],
    [30, 0.5292357045238948],
    [100, 0.2829117119690806],
    [1000, 0.08868101827724957],
  ])('of %d pairs is within 2 %% of the exact power of the paired t test', (n, expected) => {
    const found = detectableDifference({ standardError: 1 / Math.sqrt(n), df: n - 1 });
    expect(Math.abs(found / expected - 1)).toBeLessThan(0.02);
  });
});
