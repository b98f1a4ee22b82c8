import type { SampleRecord } from '../../src/evals/log/log-record';
import { passAt } from '../../src/evals/statistics/trials';
import { tInterval } from '../../src/evals/statistics/t-interval';
import { wilsonInterval } from '../../src/evals/statistics/wilson';
import { SummaryBuilder, type SummaryRules, type SummedUp } from '../../src/evals/summary-builder';
import { sample } from './log/records';

type Value = number | boolean | null;

function summed(records: readonly SampleRecord[], rules: SummaryRules = {}): SummedUp {
  const builder = new SummaryBuilder(rules);
  const ids = [...new Set(records.map(({ id }) => id))];
  for (const record of records) builder.add(record, ids.indexOf(record.id), false);
  return builder.finish({ notRun: 0, restarts: 0 });
}

/** One sample for each value, of the score `x`. */
function valued(values: readonly Value[]): SampleRecord[] {
  return values.map((value, index) => sample({ id: String(index), index, scores: [{ name: 'x', value }] }));
}

const failed = (id: string, kind: 'user' | 'timeout' = 'user', trial = 0): SampleRecord =>
  sample({ id, trial, scores: [], error: { kind, message: 'broken' } });
const scoreOf = (found: SummedUp): SummedUp['summary']['scores'][number] | undefined =>
  found.summary.scores[0];

test("right and wrong have Wilson's interval, numbers the t interval", () => {
  expect(scoreOf(summed(valued([true, false, true, true])))).toMatchObject({
    ...{ name: 'x', count: 4, notApplicable: 0, mean: 0.75, isBinary: true, standardError: 0.25 },
    interval: { low: expect.closeTo(wilsonInterval(3, 4).low, 12) as number },
  });
  expect(scoreOf(summed(valued([2, 4, 9])))?.interval).toEqual(tInterval([2, 4, 9]));
});

test('null is not applicable: counted apart, and no part of the mean', () => {
  expect(scoreOf(summed(valued([1, null, 3])))).toMatchObject({ count: 2, notApplicable: 1, mean: 2 });
  expect(scoreOf(summed(valued([null])))).toMatchObject({ count: 0, notApplicable: 1, mean: null });
});

test('a mixture of booleans and numbers is numbers', () => {
  expect(scoreOf(summed(valued([true, 0.5, 0])))).toMatchObject({
    ...{ mean: 0.5, isBinary: false, interval: tInterval([1, 0.5, 0]) },
  });
});

test('a sample with an error is left out of the mean, and is wrong beside it', () => {
  const found = summed([...valued([true, true, false, true]), failed('e')]);
  expect(found.summary).toMatchObject({ samples: 5, errors: 1, errorKinds: { user: 1 } });
  expect(scoreOf(found)).toMatchObject({ count: 4, mean: 0.75, withErrors: { mean: 0.6 } });
});

test('a sample of which one trial failed is an errored sample as a whole', () => {
  const trials = [
    sample({ id: 'a' }),
    failed('a', 'timeout', 1),
    sample({ id: 'b' }),
    sample({ id: 'b', trial: 1 }),
  ];
  const { summary } = summed(trials);
  expect(summary).toMatchObject({ samples: 2, trials: 4, errors: 1, errorKinds: { timeout: 1 } });
  expect(summary.scores[0]).toMatchObject({ count: 1, withErrors: { mean: 0.5 } });
});

test('the sample is the unit: trials are reduced first, by their mean or as is said', () => {
  const trials = [true, false, false, true].map((value, index) =>
    sample({ id: index < 2 ? 'a' : 'b', trial: index % 2, scores: [{ name: 'x', value }] }),
  );
  expect(scoreOf(summed(trials))).toMatchObject({ count: 2, mean: 0.5 });
  expect(scoreOf(summed(trials, { reduce: { x: passAt(2) } }))).toMatchObject({ count: 2, mean: 1 });
});

test('the values of the samples are there for gates and comparisons', () => {
  expect(summed(valued([true, false])).scores.get('x')).toEqual([
    { id: '0', value: true },
    { id: '1', value: false },
  ]);
});

test('samples are told in the order of their numbers, whichever ended first', () => {
  const builder = new SummaryBuilder();
  builder.add(sample({ id: 'c', scores: [{ name: 'x', value: 1 }] }), 2, false);
  builder.add(sample({ id: 'a', scores: [{ name: 'x', value: 3 }] }), 0, false);
  const found = builder.finish({ notRun: 1, restarts: 0 });
  expect(found.summary.samples).toBe(2);
  expect(found.scores.get('x')).toEqual([
    { id: 'a', value: 3 },
    { id: 'c', value: 1 },
  ]);
});

test('durations, latencies and tokens are summed up', () => {
  const records = [10, 20, 30].map((durationMs, index) =>
    sample({
      ...{ id: String(index), durationMs, retried: index === 0 ? ['429'] : [] },
      calls: { count: 2, latencyMs: 2 * durationMs, promptTokens: 5, completionTokens: 6 },
    }),
  );
  expect(summed(records).summary).toMatchObject({
    ...{ durationMs: { p50: 20, p95: 29 }, latencyMs: { p50: 20, p95: 29 }, retries: 1 },
    ...{ promptTokens: 15, completionTokens: 18, tokensPerSecond: 150 },
  });
});

test('what earlier runs have made, and what never ran, is counted', () => {
  const builder = new SummaryBuilder();
  builder.add(sample(), 0, true);
  expect(builder.finish({ notRun: 3, restarts: 1 }).summary).toMatchObject({
    reused: 1,
    notRun: 3,
    restarts: 1,
  });
});

test('a summary is the same after a journey as JSON', () => {
  const { summary } = summed([...valued([true, null, 3]), failed('e')]);
  expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
});
