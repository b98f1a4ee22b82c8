// npm run bench:statistics: how true "95 %" is, by exact sums where counts decide and else by simulation with
// a known truth. SIMULATION_SEED draws other data sets, SIMULATION_SETS so many of them; names on the command
// line choose tables. The figures of docs/statistics.md are from here.
import Table from 'cli-table3';
import { createRequire } from 'node:module';
import { Chance, clusteredAnswers, clusteredMeasures, scores, shapes } from './simulated.mjs';
import { sized } from './size.mjs';

const require = createRequire(import.meta.url);
const {
  bootstrapInterval,
  compare,
  compareAll,
  detectableDifference,
  estimate,
  mcnemar,
  tInterval,
  wilsonInterval,
} = require('../dist/src/index.js');

const seed = Number(process.env.SIMULATION_SEED ?? 20_260);
const sets = Number(process.env.SIMULATION_SETS ?? sized(4_000, 4));
const percent = (share) => `${(share * 100).toFixed(1)} %`;

/** How often a count of n is such that `holds`, each of n being right with probability p: exact. */
function chanceOf(n, p, holds) {
  let log = n * Math.log1p(-p);
  let sum = 0;
  for (let count = 0; count <= n; count += 1) {
    if (holds(count)) sum += Math.exp(log);
    log += Math.log((n - count) / (count + 1)) + Math.log(p) - Math.log1p(-p);
  }
  return sum;
}

/** The shares of data sets whose interval is above the truth, and of those where it is below. */
function misses(draw, truth) {
  const chance = new Chance(seed);
  let [above, below] = [0, 0];
  for (let set = 0; set < sets; set += 1) {
    const interval = draw(chance);
    if (interval === undefined) continue;
    if (interval.low > truth + 1e-9) above += 1;
    if (interval.high < truth - 1e-9) below += 1;
  }
  return { above: above / sets, below: below / sets };
}

const shown = ({ above, below }) => `${percent(above)}, ${percent(below)}`;
const worst = (list) => ({
  above: Math.max(...list.map(({ above }) => above)),
  below: Math.max(...list.map(({ below }) => below)),
  both: Math.max(...list.map(({ above, below }) => above + below)),
});

const tables = {
  /** Wilson's interval, for each share. */
  wilson() {
    const rows = sized([20, 50, 100, 200, 500], [20]).map((n) => {
      const intervals = Array.from({ length: n + 1 }, (_, count) => wilsonInterval(count, n));
      const coverages = Array.from({ length: sized(19_999, 99) }, (_, index) => {
        const p = (index + 1) / sized(20_000, 100);
        return {
          p,
          held: chanceOf(n, p, (count) => intervals[count].low <= p && p <= intervals[count].high),
        };
      });
      const within = (low, high) =>
        coverages.filter(({ p }) => p >= low && p <= high).map(({ held }) => held);
      const range = (list) => `${percent(Math.min(...list))} to ${percent(Math.max(...list))}`;
      const mean = coverages.reduce((sum, { held }) => sum + held, 0) / coverages.length;
      return [n, percent(mean), range(within(0.1, 0.9)), range(within(0, 1))];
    });
    return [['right and wrong: n', 'coverage, averaged', 'shares from 0.1 to 0.9', 'all shares'], ...rows];
  },

  /** What a gate says of a model that is exactly at its bar. */
  gates() {
    const bars = [0.5, 0.8, 0.9, 0.95, 0.99];
    const rows = bars.flatMap((bar) =>
      sized([17, 50, 100, 200, 500, 1000], [17]).map((n) => {
        const interval = (count) => wilsonInterval(count, n);
        return [
          ...[bar, n],
          percent(chanceOf(n, bar, (count) => interval(count).low >= bar)),
          percent(chanceOf(n, bar, (count) => count / n < bar)),
          percent(chanceOf(n, bar, (count) => interval(count).high < bar)),
        ];
      }),
    );
    const most = bars.map((bar) => {
      const at = (holds) => {
        let [chance, where] = [0, 0];
        for (let n = 10; n <= sized(2000, 20); n += 1) {
          const found = chanceOf(n, bar, (count) => holds(wilsonInterval(count, n), count / n));
          if (found > chance) [chance, where] = [found, n];
        }
        return `${percent(chance)} (n = ${where})`;
      };
      return [
        bar,
        'worst of 10 to 2,000',
        at(({ low }) => low >= bar),
        at((_, mean) => mean < bar),
        at(({ high }) => high < bar),
      ];
    });
    return [['at the bar', 'n', 'lower95 passes', 'mean fails', 'upper95 fails'], ...rows, ...most];
  },

  /** Scores from 0 to 1: how often an interval is above the truth, so that lower95 passes, and how often below. */
  bounded() {
    const rows = Object.entries(scores).flatMap(([name, [draw, truth]]) =>
      sized([5, 20, 50, 200], [5]).map((n) => {
        const values = (chance) => Array.from({ length: n }, () => draw(chance));
        const asSamples = (list) => list.map((value, index) => ({ id: String(index), value }));
        return [
          ...[name, n],
          shown(misses((chance) => estimate(asSamples(values(chance))).interval, truth)),
          shown(misses((chance) => tInterval(values(chance)), truth)),
          shown(misses((chance) => bootstrapInterval(values(chance), { draws: 500 }), truth)),
        ];
      }),
    );
    return [
      ['scores from 0 to 1: above, below the truth', 'n', 'estimate', 't alone', 'bootstrap alone'],
      ...rows,
    ];
  },

  /** What it costs: how much wider than t's the interval of scores from 0 to 1 is, where t holds too. */
  width() {
    const rows = ['uniform', 'beta 8, 2'].map((name) => [
      name,
      ...sized([10, 20, 50, 100, 200, 1000], [10]).map((n) => {
        const chance = new Chance(seed);
        let [ours, ofT] = [0, 0];
        for (let set = 0; set < Math.min(sets, 500); set += 1) {
          const values = Array.from({ length: n }, () => scores[name][0](chance));
          const found = estimate(values.map((value, index) => ({ id: String(index), value }))).interval;
          const t = tInterval(values);
          ours += found.high - found.low;
          ofT += t.high - t.low;
        }
        return (ours / ofT).toFixed(2);
      }),
    ]);
    return [['width, of that of t: n', ...sized(['10', '20', '50', '100', '200', '1000'], ['10'])], ...rows];
  },

  /** The worst of all shapes, shares and correlations, by the number of clusters. */
  clusters() {
    const correlations = sized([0, 0.1, 0.4, 0.9], [0.4]);
    const rows = sized([2, 3, 5, 8, 12, 20, 40], [5]).flatMap((count) =>
      Object.entries(shapes).map(([name, shape]) => {
        const sizes = shape(count);
        const answers = [0.5, 0.8, 0.95].flatMap((share) =>
          correlations.map((correlation) =>
            misses((chance) => estimate(clusteredAnswers(chance, sizes, share, correlation)).interval, share),
          ),
        );
        const measures = [0, 0.2, 1].map((correlation) =>
          misses((chance) => estimate(clusteredMeasures(chance, sizes, correlation)).interval, 0),
        );
        const [ofAnswers, ofMeasures] = [worst(answers), worst(measures)];
        return [
          ...[count, name],
          ...[percent(1 - ofAnswers.both), percent(ofAnswers.above)],
          ...[percent(1 - ofMeasures.both), percent(ofMeasures.above)],
        ];
      }),
    );
    return [
      [
        'clusters',
        'sizes',
        'right and wrong: least coverage',
        'lower95 passes',
        'measures: least coverage',
        'lower95 passes',
      ],
      ...rows,
    ];
  },

  /** Four equally good models: how often any of six differences is called significant. */
  families() {
    const rows = sized([5, 8, 12, 20, 40], [5]).flatMap((count) =>
      Object.entries(shapes).map(([name, shape]) => {
        const sizes = shape(count);
        const found = (draw) => {
          const chance = new Chance(seed);
          let wrong = 0;
          for (let set = 0; set < sets / 2; set += 1) {
            const models = Object.fromEntries(['a', 'b', 'c', 'd'].map((model) => [model, draw(chance)]));
            if (compareAll(models).some(({ adjustedP }) => adjustedP <= 0.05)) wrong += 1;
          }
          return percent(wrong / (sets / 2));
        };
        return [
          ...[count, name],
          found((chance) => clusteredMeasures(chance, sizes, 0.3)),
          found((chance) => clusteredAnswers(chance, sizes, 0.8, 0.2)),
        ];
      }),
    );
    return [['four equal models: clusters', 'sizes', 'measures', 'right and wrong'], ...rows];
  },

  /** How often a true difference as large as `detectable` is found, exact for McNemar's test. */
  power() {
    const rows = sized([10, 20, 50, 100, 200, 500], [10]).map((n) => {
      // A fifth of the pairs differ, or as many more as the difference needs.
      const bySharing = (differ) => {
        const chance = new Chance(seed);
        let [found, possible] = [0, 0];
        for (let set = 0; set < sets; set += 1) {
          // What is found detectable in sets without a difference is then the true one.
          const draw = (more) => {
            const [a, b] = [[], []];
            const all = Math.max(differ, more);
            for (let index = 0; index < n; index += 1) {
              const u = chance.uniform();
              const onlyA = u < (all + more) / 2;
              const onlyB = !onlyA && u < all;
              a.push({ id: String(index), value: !onlyB });
              b.push({ id: String(index), value: !onlyA });
            }
            return compare(a, b);
          };
          const { detectable } = draw(0);
          if (detectable > 1) continue;
          possible += 1;
          if (draw(detectable).p <= 0.05) found += 1;
        }
        return possible < sets / 2 ? 'none' : percent(found / possible);
      };
      const chance = new Chance(seed);
      let real = 0;
      const truth = detectableDifference({ standardError: 1 / Math.sqrt(n), df: n - 1 });
      for (let set = 0; set < sets; set += 1) if (compareNormal(chance, n, truth).p <= 0.05) real += 1;
      return [n, bySharing(0.1), bySharing(0.2), bySharing(0.4), percent(real / sets)];
    });
    return [
      ['power at `detectable`: pairs', '10 % differ', '20 % differ', '40 % differ', 'measures'],
      ...rows,
    ];
  },

  /** From how many right and wrong pairs on a difference can be significant at all. */
  smallest() {
    let least = 1;
    while (mcnemar(least, 0) > 0.05) least += 1;
    return [['right and wrong'], [`at least ${least} pairs must differ for p ≤ 0.05`]];
  },
};

/** Two models of measures whose differences are normal around `truth`, with a deviation of 1. */
function compareNormal(chance, n, truth) {
  const a = Array.from({ length: n }, (_, index) => ({ id: String(index), value: truth + chance.normal() }));
  return compare(
    a,
    a.map(({ id }) => ({ id, value: 0 })),
  );
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(tables, name));
if (unknown.length > 0)
  throw new Error(`No table ${unknown.join(', ')}; there are ${Object.keys(tables).join(', ')}.`);
console.log(`SIMULATION_SEED=${seed}, ${sets} data sets`);
for (const [name, rows] of Object.entries(tables)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stderr.write(`${name} …\n`);
  const [head, ...body] = rows();
  const table = new Table({ head, style: { head: [], border: [] } });
  table.push(...body);
  console.log(table.toString());
}
