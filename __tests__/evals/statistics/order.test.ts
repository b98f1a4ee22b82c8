import fc from 'fast-check';
import { bootstrapInterval } from '../../../src/evals/statistics/bootstrap';
import { compare } from '../../../src/evals/statistics/compare';
import { estimate } from '../../../src/evals/statistics/estimate';
import { evaluateGate } from '../../../src/evals/statistics/evaluate-gate';
import { mean } from '../../../src/evals/statistics/moments';
import { permutationTest } from '../../../src/evals/statistics/permutation-test';
import type { SampleScore } from '../../../src/evals/statistics/sample-score';
import { standardError } from '../../../src/evals/statistics/standard-error';
import { tInterval } from '../../../src/evals/statistics/t-interval';
import { reduceTrials } from '../../../src/evals/statistics/trials';

function outcomeOf(values: readonly boolean[], min: number): string {
  const samples = values.map((value, index) => ({ id: String(index), value }));
  const { mean: found } = estimate(samples);
  const scores = [{ name: 'x', count: values.length, mean: found }];
  return evaluateGate({ x: { min, by: 'mean' } }, { samples: values.length, errors: 0, scores }).outcome;
}

describe('at the bar is at the bar', () => {
  test('93 of 100 reach 0.93 whichever sample comes first', () => {
    for (const first of [true, false]) {
      const rest = Array.from({ length: 99 }, (_, index) => index < (first ? 92 : 93));
      expect(outcomeOf([first, ...rest], 0.93)).toBe('pass');
    }
  });

  /** So many right ones of n, the right ones first or last. */
  const bothWays = (right: number, n: number): boolean[][] =>
    [true, false].map((first) =>
      Array.from({ length: n }, (_, index) => (first ? index < right : index >= n - right)),
    );

  test('every count of up to 200 samples is at a bar of two decimals just where whole numbers say so', () => {
    const wrong: unknown[] = [];
    for (let n = 1; n <= 200; n++)
      for (let hundredths = 1; hundredths <= 100; hundredths++) {
        const bar = Number(`${hundredths}e-2`);
        const near = Math.floor((n * hundredths) / 100);
        // All other counts are far from it.
        for (const count of [near, near + 1].filter((some) => some <= n)) {
          const isAtLeast = count * 100 >= hundredths * n;
          const isAtMost = count * 100 <= hundredths * n;
          const means = bothWays(count, n).map((values) => mean(values));
          const found = means.map((one) => {
            const summary = { samples: n, errors: 0, scores: [{ name: 'x', count: n, mean: one }] };
            return evaluateGate({ x: { min: bar, by: 'mean' } }, summary).outcome;
          });
          if (found.some((outcome) => (outcome === 'pass') !== isAtLeast))
            wrong.push({ n, bar, count, found });
          if (count === n || bar === 1) continue;
          const answers = { cut: count, empty: count };
          const shares = [
            { maxErrors: bar },
            { maxErrors: n, maxCut: bar },
            { maxErrors: n, maxEmpty: bar },
          ].map((gate) => evaluateGate(gate, { samples: n, errors: count, scores: [], answers }).outcome);
          if (shares.some((outcome) => (outcome === 'pass') !== isAtMost))
            wrong.push({ n, bar, count, shares });
        }
      }
    expect(wrong).toEqual([]);
  });

  test('a bar that is computed is reached by what it is computed from', () => {
    for (let n = 1; n <= 60; n++)
      for (let right = 0; right <= n; right++)
        expect(bothWays(right, n).map((values) => outcomeOf(values, right / n))).toEqual(['pass', 'pass']);
  });

  test('a bar that is above a count by its twelfth digit is not reached', () => {
    expect(bothWays(2, 3).map((values) => outcomeOf(values, 0.666666666667))).toEqual(['fail', 'fail']);
    const samplesOf = new Map([
      ['x', reduceTrials([true, true, false].map((value) => ({ id: 'a', value })))],
    ]);
    const summary = { samples: 1, errors: 0, scores: [], samplesOf };
    expect(evaluateGate({ perSample: { x: 0.666666666667 } }, summary).outcome).toBe('fail');
    expect(evaluateGate({ perSample: { x: 0.666666666666 } }, summary).outcome).toBe('pass');
    expect(evaluateGate({ perSample: { x: 2 / 3 } }, summary).outcome).toBe('pass');
  });
});

describe('every function of values is the same for every order of them', () => {
  const value = fc.oneof(
    fc.double({ min: -1, max: 1, noNaN: true }),
    fc.double({ min: -1e12, max: 1e12, noNaN: true }),
    fc.constantFrom(0, 1, 0.1, 0.2, 0.3),
  );
  const orders = fc
    .array(fc.record({ value, other: value, cluster: fc.constantFrom('a', 'b', 'c') }), {
      minLength: 2,
      maxLength: 30,
    })
    .chain((rows) => {
      const named = rows.map((row, index) => ({ ...row, id: String(index) }));
      return fc.tuple(fc.constant(named), fc.shuffledSubarray(named, { minLength: named.length }));
    });
  type Row = Readonly<{ id: string; value: number; other: number; cluster: string }>;
  const settings = { seed: 1, draws: 99 };
  const sample = (row: Row, from: 'value' | 'other'): SampleScore => ({
    id: row.id,
    value: row[from],
    cluster: row.cluster,
  });
  const single = (row: Row): SampleScore => ({ id: row.id, value: row.value });
  const share = (row: Row): SampleScore => ({ id: row.id, value: Math.abs(row.value % 1) });

  test.each<[string, (rows: readonly Row[]) => unknown]>([
    ['mean', (rows) => mean(rows.map((row) => row.value))],
    ['standardError', (rows) => standardError(rows.map((row) => row.value))],
    [
      'standardError of clusters',
      (rows) =>
        standardError(
          rows.map((row) => row.value),
          rows.map((row) => row.cluster),
        ),
    ],
    ['tInterval', (rows) => tInterval(rows.map((row) => row.value))],
    [
      'bootstrapInterval',
      (rows) =>
        bootstrapInterval(
          rows.map((row) => row.value),
          settings,
        ),
    ],
    [
      'permutationTest',
      (rows) =>
        permutationTest(
          rows.map((row) => row.value),
          settings,
        ),
    ],
    ['estimate', (rows) => estimate(rows.map(single))],
    ['estimate of shares', (rows) => estimate(rows.map(share))],
    [
      'estimate of clusters',
      (rows) => estimate(rows.map((row) => ({ ...share(row), cluster: row.cluster }))),
    ],
    ['estimate by the bootstrap', (rows) => estimate(rows.map(share), { method: 'bootstrap', ...settings })],
    [
      'compare',
      (rows) =>
        compare(
          rows.map((row) => sample(row, 'value')),
          rows.toReversed().map((row) => sample(row, 'other')),
        ),
    ],
    [
      'compare by permutation',
      (rows) =>
        compare(
          rows.map((row) => sample(row, 'value')),
          rows.map((row) => sample(row, 'other')),
          {
            test: 'permutation',
            ...settings,
          },
        ),
    ],
  ])('%s', (_name, found) => {
    fc.assert(
      fc.property(orders, ([rows, shuffled]) => {
        expect(found(shuffled)).toEqual(found(rows));
      }),
      { numRuns: 60 },
    );
  });
});
