import { join } from 'node:path';
import { describeRun } from '../../../src/report/terminal/describe-run';
import type { FiledSample } from '../../../src/report/read-evaluation';
import type { RunReport } from '../../../src/report/run-report';
import { outcome } from '../outcomes';

const report = (changes: Partial<RunReport> = {}): RunReport => ({
  run: 'mine',
  directory: join(process.cwd(), '.evals', 'mine'),
  evaluations: [outcome({})],
  unreadable: [],
  canContinue: true,
  spent: { now: 0, total: 0 },
  differences: [],
  worst: [],
  ...changes,
});

const bad = (changes: Partial<FiledSample> = {}): FiledSample => ({
  ...{ id: 'x', index: 3, trial: 0, title: 'sums', model: 'a:1', input: '2 + 3', response: '6' },
  scores: [{ name: 'exactMatch', value: false }],
  ...changes,
});

test('nothing is said of a run without evaluations', () => {
  expect(describeRun(report({ evaluations: [] }))).toBe('');
});

test('the costs have the latencies of the model, else the durations of samples, tokens, and what is to be noted', () => {
  const slow = { trials: 8, durationMs: { p50: 40, p95: 90 }, latencyMs: { p50: 12.4, p95: 1500 } };
  const evaluations = [
    outcome(
      {},
      { ...slow, tokensPerSecond: 99.6, errorKinds: { timeout: 2 }, reused: 3, retries: 1, notRun: 4 },
    ),
    outcome({ model: 'b:1' }, { ...slow, latencyMs: null, restarts: 1 }),
  ];
  const text = describeRun(report({ evaluations }));
  expect(text).toMatch(
    /│ sums +│ a:1 +│ 8 +│ 12 ms +│ 1\.5 s +│ 100 +│ - +│ - +│ - +│ timeout 2, reused 3, retries 1, not run 4 +│/,
  );
  expect(text).toMatch(/│ sums +│ b:1 +│ 8 +│ 40 ms +│ 90 ms +│ - +│ - +│ - +│ - +│ restarts 1 +│/);
});

test('the costs count answers that are none, and have a line for each other resource that was asked', () => {
  const judge = {
    ...{ calls: 40, latencyMs: { p50: 100, p95: 200 }, promptTokens: 5, completionTokens: 4 },
    tokensPerSecond: 20,
  };
  const answers = { cut: 3, filtered: 1, refused: 0, empty: 2 };
  const text = describeRun(report({ evaluations: [outcome({}, { answers, others: { judge } })] }));
  expect(text).toMatch(
    /│ sums +│ a:1 +│[^\n]*│ cut 3, filtered 1, empty 2 +│\n[^\n]*\n│ +│ {3}judge +│ - +│ 100 ms +│ 200 ms +│ 20 +│ 5 +│ 4 +│ - +│ calls 40 +│/,
  );
});

test('the worst samples say where they stand, what was asked and answered, and what it scored', () => {
  const worst = [
    bad({ location: 'q.csv:5', error: 'no answer' }),
    bad(),
    bad({ title: 'long', input: 'x'.repeat(300), model: '' }),
    bad({ error: 'y'.repeat(300), thrownAt: 'sums.eval.ts:3:7' }),
  ];
  const lines = describeRun(report({ worst })).split('\n');
  expect(lines).toContain('- sums, a:1, sample 3 (q.csv:5): 2 + 3 → 6: no answer');
  expect(lines).toContain('- sums, a:1, sample 3: 2 + 3 → 6: exactMatch false');
  const long = lines.find((line) => line.startsWith('- long, sample 3: xxx'));
  expect(long).toHaveLength(162);
  expect(long).toMatch(/…$/);
  // Where it was thrown is said of a long message too.
  expect(lines.find((line) => line.includes('yyy'))).toMatch(/y… \(at sums\.eval\.ts:3:7\)$/);
});

const replayed = { ...{ replayed: 2, trials: 3 }, cost: { amount: 0, wouldBe: 0.5 } };

test('a run with recorded answers begins with a line that says so, with all calls of all evaluations', () => {
  const calls = { calls: 3, latencyMs: null, promptTokens: 0, completionTokens: 0, tokensPerSecond: null };
  const others = { judge: { ...calls, cost: { amount: 1, priced: 1, ownMachine: 1, unpriced: 1 } } };
  const some = [outcome({}, replayed), outcome({}, { others, unattributed: { ...calls, replayed: 4 } })];
  expect(describeRun(report({ evaluations: some }))).toMatch(
    /^Replayed: 6 of 9 calls have recorded answers \(EVALS_RECORDINGS\); times and costs are those of the others\.\n\n┌/,
  );
  expect(describeRun(report({ evaluations: some.slice(0, 1) }))).toMatch(
    /^Replayed: 2 of 2 calls have recorded answers \(EVALS_RECORDINGS\); there are no times and no costs\.\n/,
  );
  expect(describeRun(report())).not.toContain('Replayed');
  expect(describeRun(report({ evaluations: [outcome({}, { replayedAnswers: 1 })] }))).toMatch(
    /^Replayed: answers that were judged again are recorded ones \(EVALS_RECORDINGS\)\.\n/,
  );
});

test('where all answers of the model are recorded ones, no duration of a sample stands for their latency', () => {
  const times = { latencyMs: null, durationMs: { p50: 40, p95: 90 } };
  const text = describeRun(report({ evaluations: [outcome({}, { ...replayed, ...times })] }));
  expect(text).toMatch(/│ sums +│ a:1 +│ 3 +│ - +│ - +│ - +│ - +│ - +│ would be 0\.5 +│ replayed 2 +│/);
});

test('a gate that was judged on recorded answers says so', () => {
  const gate = { outcome: 'fail' as const, reasons: ['right: mean 0.2'] };
  expect(describeRun(report({ evaluations: [outcome({ gate }, replayed)] }))).toContain(
    'The gate of "sums", a:1, is not passed, judged on recorded answers:\n- right: mean 0.2',
  );
});

test('an inconclusive gate is named, with its numbers', () => {
  const gate = { outcome: 'inconclusive' as const, reasons: ['right: mean 0.8'] };
  const evaluations = [outcome({ gate }), outcome({ gate, model: '' })];
  const text = describeRun(report({ evaluations }));
  expect(text).toContain('The gate of "sums", a:1, is inconclusive:\n- right: mean 0.8');
  expect(text).toContain('The gate of "sums" is inconclusive:');
});

test('a gate that is not passed is named too, but for that of an evaluation that did not end', () => {
  const gate = { outcome: 'fail' as const, reasons: ['right: mean 0.2'] };
  expect(describeRun(report({ evaluations: [outcome({ gate })] }))).toContain(
    'The gate of "sums", a:1, is not passed:\n- right: mean 0.2',
  );
  expect(describeRun(report({ evaluations: [outcome({ gate, status: 'interrupted' })] }))).not.toContain(
    'gate of',
  );
});

test('the end says where the logs are and how to go on', () => {
  expect(describeRun(report())).toMatch(/\nLogs: \.evals\/mine, to be continued with EVALS_RUN=mine$/);
});

test('what models say moves no cursor', () => {
  const text = describeRun(report({ worst: [bad({ response: 'a\u001b[2J\u0007' })] }));
  expect(text.includes('\u001b') || text.includes('\u0007')).toBe(false);
});

test('without tables all the rest is said', () => {
  const difference = {
    ...{ file: 'f', title: 'sums', score: 'x', isBinary: true, a: 'p', b: 'q', n: 9, difference: 0.5, p: 1 },
    ...{ missingInA: 0, missingInB: 0, adjustedP: 1, test: 'mcnemar' as const },
  };
  const gate = { outcome: 'fail' as const, reasons: ['right: mean 0.2'] };
  const text = describeRun(
    report({
      evaluations: [outcome({ gate }, replayed)],
      differences: [difference],
      notCompared: ['sums, x: other clusters'],
      worst: [bad()],
      unreadable: [{ log: 'a', reason: 'damaged' }],
      spent: { now: 2, total: 2 },
    }),
    { tables: false },
  );
  expect(text.split('\n\n').map((part) => part.split(/[:\n]/)[0])).toEqual([
    ...['Replayed', 'Cost', 'The gate of "sums", a', 'The worst samples'],
    ...['Logs that cannot be read, so that what they would say is missing here', 'Logs'],
  ]);
  expect(text).not.toContain('│');
});
