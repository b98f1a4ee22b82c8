import { clusterSums } from './standard-error';
import { exactSum } from './exact-sum';
import type { Interval } from './interval';
import type { ScoreRange } from './range';

// See exact-sum.ts.
const { log1p, abs, min, max } = Math;

const z95 = 1.959963984540054;
const mostSteps = 100;
/** Of a result, as a share of it. */
const digits = 1e-12;

/**
 * The 95 % interval of the mean of values of which only the bounds are known. It has a width where all values
 * are equal, and changes little where one of them does: that what was not seen has a chance of up to 3.7/n is
 * in it.
 *
 * For the lower end one more value is put at the lower bound, and all of them get random weights,
 * Dirichlet(1, …, 1): the end is the 2.5 % point of the weighted mean. For the upper end likewise, at the
 * other bound. N. Gaffke (2005), "Three test statistics for a nonparametric one-sided hypothesis on the mean
 * of a nonnegative variable", Math. Methods Stat. 14, 451–467; E. Learned-Miller & P. S. Thomas (2019), "A
 * new confidence interval for the mean of a bounded random variable", arXiv 1905.06208. Of right and wrong it
 * is the interval of C. J. Clopper & E. S. Pearson (1934). That it holds for every distribution is a
 * conjecture, without a counterexample so far; bench/statistics.mjs simulates it.
 *
 * Clusters get a weight each, times their size; the value at the bound is then a cluster of the root mean
 * square of their sizes. With the mean size the interval misses more often than it may where they differ
 * much. The point is computed by a saddlepoint approximation (O. E. Barndorff-Nielsen (1986), Biometrika 73,
 * 307–322), which is within 0.003 of the range for two values, and within 0.001 from ten on.
 *
 * @param values finite, at least one, each within the bounds.
 * @param clusters the cluster of each value, in the same order.
 */
export function boundedInterval(
  values: readonly number[],
  [least, most]: ScoreRange,
  clusters?: readonly string[],
): Interval {
  const width = most - least;
  const fromBelow = lowerEnd(
    unitsOf(
      values.map((value) => (value - least) / width),
      clusters,
    ),
  );
  const fromAbove = lowerEnd(
    unitsOf(
      values.map((value) => (most - value) / width),
      clusters,
    ),
  );
  return {
    low: fromBelow === 0 ? least : least + width * fromBelow,
    high: fromAbove === 0 ? most : most - width * fromAbove,
  };
}

/** Independent units, such as samples: equal ones together, in an order that depends on nothing but them. */
interface Units {
  readonly counts: Float64Array;
  readonly sizes: Float64Array;
  readonly means: Float64Array;
}

function unitsOf(values: readonly number[], clusters: readonly string[] | undefined): Units {
  if (clusters === undefined) return equalOnesTogether(Float64Array.from(values).sort());
  const units = [...clusterSums(values, clusters).values()].sort((a, b) => a.size - b.size || a.sum - b.sum);
  return {
    counts: Float64Array.from(units, () => 1),
    sizes: Float64Array.from(units, ({ size }) => size),
    means: Float64Array.from(units, ({ sum, size }) => sum / size),
  };
}

function equalOnesTogether(sorted: Float64Array): Units {
  const [counts, means]: [number[], number[]] = [[], []];
  for (const value of sorted) {
    const last = means.length - 1;
    if (means[last] === value) counts[last] = (counts[last] ?? 0) + 1;
    else {
      counts.push(1);
      means.push(value);
    }
  }
  return {
    counts: Float64Array.from(counts),
    sizes: new Float64Array(counts.length).fill(1),
    means: Float64Array.from(means),
  };
}

/** The 2.5 % point of the weighted mean with one more unit at 0. */
function lowerEnd(units: Units): number {
  const top = units.means.reduce((most, mean) => max(most, mean), 0);
  if (top === 0) return 0;
  const count = exactSum(units.counts);
  const squares = exactSum(units.counts.map((own, index) => own * (units.sizes[index] ?? 0) ** 2));
  const weighted = new WeightedMean({
    counts: withFirst(1, units.counts),
    sizes: withFirst(Math.sqrt(squares / count), units.sizes),
    // In units of the largest, so that tiny values do not underflow.
    means: withFirst(
      0,
      units.means.map((mean) => mean / top),
    ),
  });
  // Regula falsi, the Illinois way: the normal score is nearly linear in the point. At 0 there is none.
  let [low, high] = [0, weighted.mean];
  let [below, above] = [NaN, z95];
  const guess = weighted.mean - z95 * weighted.error;
  let [point, side] = [guess > 0 ? guess : weighted.mean / 2, 0];
  for (let step = 0; step < mostSteps && high - low > digits * high; step++) {
    const off = weighted.scoreAt(point) + z95;
    if (off > 0) {
      [high, above] = [point, off];
      if (side > 0) below /= 2;
    } else {
      [low, below] = [point, off];
      if (side < 0) above /= 2;
    }
    if (abs(off) < digits) break;
    side = Math.sign(off);
    const next = low + ((high - low) * below) / (below - above);
    point = next > low && next < high ? next : (low + high) / 2;
  }
  return point * top;
}

function withFirst(first: number, rest: Float64Array): Float64Array {
  const all = new Float64Array(rest.length + 1);
  all[0] = first;
  all.set(rest, 1);
  return all;
}

/**
 * The mean of units with exponential weights, divided by the sum of the weights. It is at most a point where
 * Σ E·a ≤ 0 for a = size · (mean − point), of which the cumulant function is K(s) = −Σ ln(1 − s·a).
 */
class WeightedMean {
  readonly #units: Units;
  /** The a of the point last asked for. */
  readonly #terms: Float64Array;

  constructor(units: Units) {
    this.#units = units;
    this.#terms = new Float64Array(units.counts.length);
    const { counts, sizes, means } = units;
    const weights = counts.map((count, index) => count * (sizes[index] ?? 0));
    const total = exactSum(weights);
    const mean = exactSum(weights.map((weight, index) => weight * (means[index] ?? 0))) / total;
    const squares = weights.map(
      (weight, index) => weight * (sizes[index] ?? 0) * ((means[index] ?? 0) - mean) ** 2,
    );
    this.mean = mean;
    this.error = Math.sqrt(exactSum(squares)) / total;
  }

  /** Where its chance is about one half. */
  readonly mean: number;
  /** Its standard deviation, about. */
  readonly error: number;

  /** The normal score of the chance that it is at most `point`, a point between 0 and its mean. */
  scoreAt(point: number): number {
    const { counts, sizes, means } = this.#units;
    for (let index = 0; index < counts.length; index++)
      this.#terms[index] = (sizes[index] ?? 0) * ((means[index] ?? 0) - point);
    const saddle = this.#saddlepoint();
    let [value, curvature] = [0, 0];
    for (let index = 0; index < counts.length; index++) {
      const [count, a] = [counts[index] ?? 0, this.#terms[index] ?? 0];
      value -= count * log1p(-saddle * a);
      curvature += count * (a / (1 - saddle * a)) ** 2;
    }
    const root = -Math.sqrt(-2 * value);
    return root + Math.log((saddle * Math.sqrt(curvature)) / root) / root;
  }

  /** Where K′, which ascends, is 0: below 0, and above the pole of the most negative a. */
  #saddlepoint(): number {
    const { counts } = this.#units;
    let low = 1 / this.#terms.reduce((most, a) => min(most, a), 0);
    let high = 0;
    let s = 0;
    for (let step = 0; step < mostSteps; step++) {
      let [slope, curvature] = [0, 0];
      for (let index = 0; index < counts.length; index++) {
        const a = this.#terms[index] ?? 0;
        const part = a / (1 - s * a);
        slope += (counts[index] ?? 0) * part;
        curvature += (counts[index] ?? 0) * part * part;
      }
      if (slope > 0) high = s;
      else low = s;
      const newton = s - slope / curvature;
      const next = newton > low && newton < high ? newton : (low + high) / 2;
      const isThere = abs(next - s) <= digits * abs(s);
      s = next;
      if (isThere) break;
    }
    return s;
  }
}
