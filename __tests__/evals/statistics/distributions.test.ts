import { normalCdf, normalQuantile } from '../../../src/evals/statistics/normal';
import { tQuantile, tTwoSided } from '../../../src/evals/statistics/student-t';
import { expectNear } from './near';

// scipy 1.17.1: scipy.stats.t.ppf(p, df)
test.each([
  [0.975, 1, 12.706204736174694],
  [0.975, 2, 4.302652729749462],
  [0.975, 4.5, 2.6589123472044034],
  [0.975, 19, 2.0930240544083087],
  [0.975, 499, 1.9647293909876886],
  [0.975, 1e6, 1.959966356814107],
  [0.8, 1, 1.3763819204711738],
  [0.8, 9, 0.8834038596855346],
  [0.8, 99, 0.8452670319534972],
  [0.995, 3, 5.840909309733355],
  [0.025, 9, -2.2621571627982053],
  [0.5, 3, 0],
])('the %f quantile of t with %f degrees of freedom is that of scipy', (p, df, expected) => {
  expectNear(tQuantile(p, df), expected);
});

// scipy 1.17.1: 2 * scipy.stats.t.sf(abs(t), df)
test.each([
  [0.1, 3, 0.9266523488008059],
  [1, 1, 0.5],
  [2.5, 9, 0.033861827682985735],
  [-2.5, 9, 0.033861827682985735],
  [3.2, 19, 0.004714189028263183],
  [8, 30, 6.265822475700759e-9],
  [12, 999, 4.34310390771633e-31],
  [1.96, 1e6, 0.04999606758526985],
  [0.001, 7, 0.9992300172449988],
  [40, 5, 1.8411962171772954e-7],
])('the two-sided tail of t at %f with %d degrees of freedom is that of scipy', (t, df, expected) => {
  expectNear(tTwoSided(t, df) / expected, 1);
});

// scipy 1.17.1: scipy.stats.norm.cdf(x)
test.each([
  [-5, 2.866515718791933e-7],
  [-1, 0.15865525393145707],
  [0, 0.5],
  [0.3, 0.6179114221889526],
  [1.96, 0.9750021048517795],
  [4, 0.9999683287581669],
  [-50, 0],
  [50, 1],
])('the normal distribution at %f is that of scipy', (x, expected) => {
  expectNear(normalCdf(x), expected);
});

// scipy 1.17.1: scipy.stats.norm.ppf(p)
test.each([
  [0.001, -3.090232306167813],
  [0.025, -1.9599639845400545],
  [0.3, -0.5244005127080409],
  [0.5, 0],
  [0.8, 0.8416212335729143],
  [0.9999, 3.719016485455709],
])('the %f quantile of the normal distribution is that of scipy', (p, expected) => {
  expectNear(normalQuantile(p), expected);
});
