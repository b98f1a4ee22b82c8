// Random data sets with a known truth, for bench/statistics.mjs. All of them follow from the seed.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** A source of random values; equal seeds give equal values. */
export class Chance {
  #draw;

  constructor(seed) {
    const { randomDraws } = require('../dist/src/evals/statistics/random-draws.js');
    this.#draw = randomDraws(seed);
  }

  /** From 0 to 1, both excluded. */
  uniform() {
    return (this.#draw(2 ** 32) + 0.5) / 2 ** 32;
  }

  is(p) {
    return this.uniform() < p;
  }

  /** Standard normal, after Box and Muller. */
  normal() {
    return Math.sqrt(-2 * Math.log(this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Beta with these parameters, after Jöhnk, whole parts by exponential variables. */
  beta(a, b) {
    const [x, y] = [this.#gamma(a), this.#gamma(b)];
    return x + y === 0 ? +this.is(a / (a + b)) : x / (x + y);
  }

  #gamma(shape) {
    let sum = 0;
    for (let whole = 1; whole <= shape; whole += 1) sum -= Math.log(this.uniform());
    const rest = shape % 1;
    if (rest < 1e-9) return sum;
    for (;;) {
      const x = this.uniform() ** (1 / rest);
      const y = this.uniform() ** (1 / (1 - rest));
      if (x + y > 0 && x + y <= 1) return sum - (Math.log(this.uniform()) * x) / (x + y);
    }
  }
}

/** Scores from 0 to 1: how one is drawn, and their true mean. */
export const scores = {
  'all 0.8': [() => 0.8, 0.8],
  '98 % at 1, else 0.5': [(chance) => (chance.is(0.98) ? 1 : 0.5), 0.99],
  '98 % at 1, else uniform': [(chance) => (chance.is(0.98) ? 1 : chance.uniform()), 0.99],
  '98 % at 1, else 0': [(chance) => +chance.is(0.98), 0.98],
  '90 % at 1, else 0.5': [(chance) => (chance.is(0.9) ? 1 : 0.5), 0.95],
  '1 % at 0, else 0.9': [(chance) => (chance.is(0.01) ? 0 : 0.9), 0.891],
  '2 % at 1, else 0.1': [(chance) => (chance.is(0.02) ? 1 : 0.1), 0.118],
  uniform: [(chance) => chance.uniform(), 0.5],
  'beta 8, 2': [(chance) => chance.beta(8, 2), 0.8],
  'beta 2, 0.1': [(chance) => chance.beta(2, 0.1), 2 / 2.1],
  'three trials at 0.8': [(chance) => (+chance.is(0.8) + +chance.is(0.8) + +chance.is(0.8)) / 3, 0.8],
};

/** The sizes of so many clusters. */
export const shapes = {
  'equal, 8': (count) => Array(count).fill(8),
  '1 to 32': (count) => Array.from({ length: count }, (_, index) => 2 ** (index % 6)),
  'half in one': (count) => Array.from({ length: count }, (_, index) => (index === 0 ? 4 * (count - 1) : 4)),
  'long tail': (count) =>
    Array.from({ length: count }, (_, index) => Math.max(1, Math.round(40 / (index + 1)))),
};

/** Right and wrong in clusters, whose shares have this mean and this correlation. */
export function clusteredAnswers(chance, sizes, share, correlation) {
  const rest = 1 / correlation - 1;
  return sizes.flatMap((size, cluster) => {
    const own = correlation === 0 ? share : chance.beta(share * rest, (1 - share) * rest);
    return Array.from({ length: size }, (_, index) => ({
      id: `${cluster}.${index}`,
      value: chance.is(own),
      cluster: String(cluster),
    }));
  });
}

/** Normal measures around 0 in clusters with this correlation. */
export function clusteredMeasures(chance, sizes, correlation) {
  return sizes.flatMap((size, cluster) => {
    const shared = Math.sqrt(correlation) * chance.normal();
    return Array.from({ length: size }, (_, index) => ({
      id: `${cluster}.${index}`,
      value: shared + Math.sqrt(1 - correlation) * chance.normal(),
      cluster: String(cluster),
      kind: 'real',
    }));
  });
}
