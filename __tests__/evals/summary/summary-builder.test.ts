import type { CallRecord, SampleRecord } from '../../../src/evals/log/log-record';
import { isReplayed } from '../../../src/evals/log/replayed-calls';
import { passAt, type TrialReducer } from '../../../src/evals/statistics/trials';
import { boundedInterval } from '../../../src/evals/statistics/bounded-interval';
import { tInterval } from '../../../src/evals/statistics/t-interval';
import { wilsonInterval } from '../../../src/evals/statistics/wilson';
import { SummaryBuilder, type SummaryRules, type SummedUp } from '../../../src/evals/summary/summary-builder';
import { sample } from '../log/records';

type Value = number | boolean | null;

function summed(records: readonly SampleRecord[], rules: SummaryRules = {}, model = 'm'): SummedUp {
  const builder = new SummaryBuilder(model, rules);
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

test.each<[string, Value[], number]>([
  ['0 and 1', [1, 0, 1, 1], 3],
  ['0, 1, true and false', [1, false, true, 1], 3],
  ['all 1 but for rounding', [0.1 + 0.7 + 0.1 + 0.1, 1, 1, 1], 4],
])('values that are %s are right and wrong', (_, values, right) => {
  const found = summed(valued(values));
  expect(scoreOf(found)).toMatchObject({ isBinary: true, interval: wilsonInterval(right, 4) });
  expect(found.scores.get('x')?.every(({ value }) => typeof value === 'boolean')).toBe(true);
});

test('what right and wrong are as measures is beside them', () => {
  const { asReal } = scoreOf(summed([...valued([1, 0, 1, 1]), failed('e')])) ?? {};
  expect(asReal).toEqual({
    interval: boundedInterval([1, 0, 1, 1], [0, 1]),
    withErrors: { mean: 0.6, interval: boundedInterval([1, 0, 1, 1, 0], [0, 1]) },
  });
  expect(scoreOf(summed(valued([1, 0.5])))).not.toHaveProperty('asReal');
});

test('several trials of 0 and 1 are a share; what their reducer gets is what the scorer gave', () => {
  const trials = [1, 0, 1, 1].map((value, index) =>
    sample({ id: index < 2 ? 'a' : 'b', trial: index % 2, scores: [{ name: 'x', value }] }),
  );
  expect(summed(trials).scores.get('x')).toEqual([
    { id: 'a', value: 0.5, trials: 2 },
    { id: 'b', value: 1, trials: 2 },
  ]);
  const ones: TrialReducer = (given) => given.filter((value) => value === 1).length / given.length;
  expect(scoreOf(summed(trials, { reduce: { x: ones } }))).toMatchObject({ mean: 0.75, isBinary: true });
});

test('a reducer that makes something else of right and wrong makes measures of them', () => {
  const trials = [true, false, true, true].map((value, index) =>
    sample({ id: index < 2 ? 'a' : 'b', trial: index % 2, scores: [{ name: 'x', value }] }),
  );
  const passes: TrialReducer = (given) => given.filter((value) => value === true).length;
  expect(scoreOf(summed(trials, { reduce: { x: passes } }))).toMatchObject({ mean: 1.5, isBinary: false });
});

test('a scorer that says real is believed: its values are measures, and without spread nothing is known', () => {
  const real = (...values: number[]): SampleRecord[] =>
    values.map((value, index) => sample({ id: String(index), scores: [{ name: 'x', value, kind: 'real' }] }));
  expect(scoreOf(summed(real(1, 0, 1, 1)))).toMatchObject({
    isBinary: false,
    interval: tInterval([1, 0, 1, 1]),
  });
  expect(scoreOf(summed(real(1, 1, 1)))).not.toHaveProperty('interval');
});

test('the range that a scorer says bounds the interval, and an errored sample is 0 all the same', () => {
  const stars = [4, 4, 5].map((value, index) =>
    sample({ id: String(index), scores: [{ name: 'x', value, kind: 'real', range: [1, 5] }] }),
  );
  expect(scoreOf(summed([...stars, failed('d')]))).toMatchObject({
    interval: boundedInterval([4, 4, 5], [1, 5]),
    withErrors: { mean: 13 / 4, interval: boundedInterval([4, 4, 5, 0], [0, 5]) },
  });
  const tenfold: TrialReducer = (given) => Number(given[0]) * 10;
  expect(scoreOf(summed(stars, { reduce: { x: tenfold } }))?.interval).toEqual(tInterval([40, 40, 50]));
});

test('a reducer on single trials of right and wrong leaves them right and wrong', () => {
  const rules = { reduce: { x: passAt(1) } };
  expect(scoreOf(summed(valued([true, false, true]), rules))).toMatchObject({
    isBinary: true,
    interval: wilsonInterval(2, 3),
  });
});

test('null is not applicable: counted apart, and no part of the mean', () => {
  expect(scoreOf(summed(valued([1, null, 3])))).toMatchObject({ count: 2, notApplicable: 1, mean: 2 });
  expect(scoreOf(summed(valued([null])))).toMatchObject({ count: 0, notApplicable: 1, mean: null });
});

test('a score that a sample without an error lacks is missing, also in one of its trials', () => {
  const value = [{ name: 'x', value: true }];
  const records = [
    ...[sample({ id: 'a', scores: value }), sample({ id: 'a', trial: 1, scores: value })],
    ...[sample({ id: 'b', scores: value }), sample({ id: 'b', trial: 1, scores: [] })],
    ...[sample({ id: 'c', scores: [] }), sample({ id: 'c', trial: 1, scores: [] })],
    ...[failed('d'), sample({ id: 'd', trial: 1, scores: [] })],
  ];
  expect(scoreOf(summed(records))).toMatchObject({ count: 2, notApplicable: 0, missing: 2 });
  expect(scoreOf(summed(valued([true, null])))).not.toHaveProperty('missing');
});

test.each(['constructor', 'toString', '__proto__'])('a score named %s is an ordinary one', (name) => {
  const records = [true, false].map((value, index) =>
    sample({ id: String(index), index, scores: [{ name, value }] }),
  );
  expect(scoreOf(summed(records, { reduce: {} }))).toMatchObject({ name, count: 2, mean: 0.5 });
});

test('a mixture of booleans and numbers is numbers', () => {
  expect(scoreOf(summed(valued([true, 0.5, 0])))).toMatchObject({
    ...{ mean: 0.5, isBinary: false, interval: boundedInterval([1, 0.5, 0], [0, 1]) },
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
  const builder = new SummaryBuilder('m');
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
      calls: [
        { resource: 'm', ms: durationMs, usage: { promptTokens: 2, completionTokens: 2 } },
        { resource: 'm', ms: durationMs, usage: { promptTokens: 3, completionTokens: 4 } },
      ],
    }),
  );
  expect(summed(records).summary).toMatchObject({
    ...{ durationMs: { p50: 20, p95: 29 }, latencyMs: { p50: 20, p95: 30 }, retries: 1 },
    ...{ promptTokens: 15, completionTokens: 18, tokensPerSecond: 150 },
  });
});

describe('calls', () => {
  const ended = (finishReason: string, more: Partial<CallRecord> = {}): CallRecord => ({
    ...{ resource: 'm', ms: 10, finishReason },
    ...more,
  });
  const asked = (...calls: CallRecord[][]): SummedUp['summary'] =>
    summed(calls.map((made, index) => sample({ id: String(index), calls: made }))).summary;

  test('samples with an answer that is cut, filtered, refused or empty are counted, each once', () => {
    const summary = asked(
      [ended('length'), ended('max_tokens')],
      [ended('length', { isEmpty: true })],
      [ended('content_filter'), ended('SAFETY')],
      [ended('stop', { isRefused: true })],
      [ended('refusal')],
      [ended('stop', { isEmpty: true })],
      [ended('stop'), ended('tool_calls'), ended('')],
    );
    expect(summary.answers).toEqual({ cut: 2, filtered: 1, refused: 2, empty: 2 });
  });

  test('those of other resources are summed up apart, and their ends are not those of the model', () => {
    const judged = ended('length', {
      resource: 'judge',
      ms: 500,
      usage: { promptTokens: 9, completionTokens: 1 },
    });
    const usage = { promptTokens: 1, completionTokens: 2 };
    const summary = asked([ended('stop', { usage }), judged], [judged]);
    expect(summary).toMatchObject({
      ...{ answers: { cut: 0 }, promptTokens: 1, completionTokens: 2, latencyMs: { p50: 10, p95: 10 } },
      others: {
        judge: {
          ...{ calls: 2, latencyMs: { p50: 500, p95: 500 }, promptTokens: 18, completionTokens: 2 },
          tokensPerSecond: 2,
        },
      },
    });
  });

  test('that failed are counted, and say nothing of latencies, first tokens and ends of answers', () => {
    const failed = ended('length', { ms: 9000, firstTokenMs: 8000, error: 'cut off' });
    expect(asked([ended('stop', { firstTokenMs: 4 }), failed])).toMatchObject({
      ...{
        failed: 1,
        latencyMs: { p50: 10, p95: 10 },
        firstTokenMs: { p50: 4, p95: 4 },
        answers: { cut: 0 },
      },
    });
    expect(asked([ended('stop')])).not.toHaveProperty('failed');
    expect(asked([ended('stop')])).not.toHaveProperty('firstTokenMs');
  });

  test('have tokens of prompts that were read before, where a server says so', () => {
    const usage = { promptTokens: 9, completionTokens: 1 };
    const cached = ended('stop', { usage: { ...usage, cachedTokens: 4 } });
    expect(asked([cached, ended('stop', { usage }), cached])).toMatchObject({ cachedTokens: 8 });
    expect(asked([ended('stop', { usage })])).not.toHaveProperty('cachedTokens');
  });

  test('cost what they cost; what is not known is counted and never 0', () => {
    const judged = ended('stop', { resource: 'judge', cost: 5 });
    const own = ended('stop', { cost: 0, isOwnMachine: true });
    const summary = asked(
      [ended('stop', { cost: 0.1 }), judged],
      [ended('stop', { cost: 0.2 }), own],
      [ended('stop')],
    );
    expect(summary.cost).toEqual({ amount: 0.3, priced: 2, ownMachine: 1, unpriced: 1 });
    expect(summary.others?.['judge']?.cost).toEqual({ amount: 5, priced: 1 });
    // Of the samples whose cost is known.
    expect(summary.costPerSample).toMatchObject({ count: 2, mean: expect.closeTo(0.15, 12) as number });
    expect(asked([own])).not.toHaveProperty('costPerSample');
  });

  test("the model's calls of a sample have a value for each sample without an error, trials reduced by their mean", () => {
    const paid = (id: string, trial: number, cost: number): SampleRecord =>
      sample({ id, trial, calls: [ended('stop', { cost }), ended('stop', { resource: 'judge', cost: 9 })] });
    const broken = { ...paid('c', 0, 1), error: { kind: 'user' as const, message: 'broken' } };
    const { costs } = summed([paid('a', 0, 1), paid('a', 1, 2), paid('b', 0, 3), broken]);
    expect(costs).toEqual([
      { id: 'a', value: 1.5, kind: 'real' },
      { id: 'b', value: 3, kind: 'real' },
    ]);
  });

  test('whose tokens are unknown do not slow down the tokens per second', () => {
    const usage = { promptTokens: 1, completionTokens: 4 };
    expect(asked([ended('stop', { usage }), ended('stop', { ms: 1000 })]).tokensPerSecond).toBe(400);
    expect(asked([ended('stop')]).tokensPerSecond).toBeNull();
  });

  describe('with recorded answers', () => {
    const usage = { promptTokens: 3, completionTokens: 5, cachedTokens: 1 };
    const replayed = (more: Partial<CallRecord> = {}): CallRecord =>
      ended('stop', { ...{ ms: 1, firstTokenMs: 1, usage, replayed: true, cost: 0 }, ...more });

    test('count in no time, and their tokens and ends all the same', () => {
      const live = ended('stop', { ...{ ms: 500, firstTokenMs: 40 }, usage });
      const summary = asked([replayed({ isEmpty: true }), live], [replayed({ finishReason: 'length' })]);
      expect(summary).toMatchObject({
        ...{ replayed: 2, latencyMs: { p50: 500, p95: 500 }, firstTokenMs: { p50: 40, p95: 40 } },
        ...{ tokensPerSecond: 10, promptTokens: 9, completionTokens: 15, cachedTokens: 3 },
        answers: { cut: 1, empty: 1 },
      });
      expect(asked([replayed()])).toMatchObject({ latencyMs: null, tokensPerSecond: null });
      expect(asked([replayed()])).not.toHaveProperty('firstTokenMs');
    });

    test.each(['m', 'judge'])('of %s make the time of a trial none', (resource) => {
      const trial = (id: string, durationMs: number, call: CallRecord): SampleRecord =>
        sample({ id, durationMs, retried: ['again'], calls: [call, ended('stop')] });
      const { summary } = summed([trial('a', 1, replayed({ resource })), trial('b', 80, ended('stop'))]);
      expect(summary).toMatchObject({ durationMs: { p50: 80, p95: 80 }, retries: 2 });
      expect(summed([trial('a', 1, replayed({ resource }))]).summary.durationMs).toBeNull();
    });

    test('are counted for each resource, and without a sample, also where the recorded answer is an error', () => {
      const builder = new SummaryBuilder('m');
      const refused = { error: 'no', status: 400 };
      builder.add(sample({ calls: [replayed(refused), replayed({ resource: 'judge' })] }), 0, false);
      builder.addUnattributed(replayed(refused));
      expect(builder.finish({ notRun: 0, restarts: 0 }).summary).toMatchObject({
        ...{ replayed: 1, failed: 1, others: { judge: { replayed: 1 } } },
        unattributed: { calls: 0, failed: 1, replayed: 1 },
      });
    });

    test('may be judged again, which is counted', () => {
      const again = [sample({ id: 'a', replayed: true }), sample({ id: 'a', trial: 1, replayed: true })];
      const { summary } = summed([...again, sample({ id: 'b' })]);
      expect(summary).toMatchObject({ replayedAnswers: 2 });
      expect([summary, summed([sample()]).summary].map(isReplayed)).toEqual([true, false]);
      expect(summed([sample()]).summary).not.toHaveProperty('replayedAnswers');
    });

    test('have cost nothing, which is no cost of a sample: they are left out of it', () => {
      const paid = (cost: number): CallRecord => ended('stop', { cost });
      const found = summed([
        sample({ id: 'a', calls: [replayed({ wouldCost: 0.2 }), paid(1)] }),
        sample({ id: 'b', calls: [paid(3)] }),
        sample({ id: 'c', calls: [paid(5), replayed({ resource: 'judge' })] }),
      ]);
      expect(found.summary).toMatchObject({
        cost: { amount: 9, priced: 3, wouldBe: 0.2 },
        costPerSample: { count: 2, mean: 4 },
      });
      expect(found.costs.map(({ id }) => id)).toEqual(['b', 'c']);
    });
  });

  test('without any, nothing is said of answers; outside withClient all of them are the model’s', () => {
    expect(asked([])).not.toHaveProperty('answers');
    const all = summed([sample({ calls: [ended('length'), ended('stop', { resource: 'x' })] })], {}, '');
    expect(all.summary).toMatchObject({ answers: { cut: 1 } });
    expect(all.summary).not.toHaveProperty('others');
  });
});

test('what earlier runs have made, and what never ran, is counted', () => {
  const builder = new SummaryBuilder('m');
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
