import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logsOf } from '../../src/evals/log/log-path';
import type { LogRecord } from '../../src/evals/log/log-record';
import { tInterval } from '../../src/evals/statistics/t-interval';
import { describeRun } from '../../src/report/terminal/describe-run';
import { readRun } from '../../src/report/run-report';
import { stepSummary } from '../../src/report/export/step-summary';
import { writeStepSummary, writeSummary } from '../../src/report/export/summary-file';
import { header, sample } from '../evals/log/records';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'run of '))));
afterEach(() => rmSync(folder, { recursive: true }));

function log(name: string, records: readonly LogRecord[]): void {
  writeFileSync(
    join(folder, `${name}.jsonl`),
    records.map((record) => `${JSON.stringify(record)}\n`).join(''),
  );
}

/** Two models on ten samples: the first has all of them right, the second the first two. */
function twoModels(): void {
  for (const [model, right] of [
    ['a:good', 10],
    ['a:poor', 2],
  ] as const) {
    const samples = Array.from({ length: 10 }, (_, index) =>
      sample({
        id: `id-${index}`,
        index,
        input: `question ${index}`,
        scores: [{ name: 'exactMatch', value: index < right }],
      }),
    );
    log(model.slice(2), [header({ model }), ...samples]);
  }
}

test('models are compared on the samples that both have, and the better one is named', () => {
  twoModels();
  const [difference, ...others] = readRun(folder).differences;
  expect(others).toEqual([]);
  expect(difference).toMatchObject({
    title: 'sums',
    score: 'exactMatch',
    n: 10,
    difference: 0.8,
    test: 'mcnemar',
  });
  expect(describeRun(readRun(folder))).toMatch(/ a:good − a:poor │ 80\.0 % .*│ a:good │ /);
});

/** The calls of a model, and of a judge, which cost what they do. */
function paid(model: string, costs: readonly (number | undefined)[]): void {
  const samples = costs.map((cost, index) =>
    sample({
      ...{ id: `id-${index}`, index },
      calls: [
        { resource: model, ms: 1, ...(cost !== undefined && { cost }) },
        { resource: 'judge', ms: 1, cost: 100 },
      ],
    }),
  );
  log(model.slice(2), [header({ model }), ...samples]);
}

test('beside a score stands what a sample costs, with the paired interval, on the samples whose cost is known of both', () => {
  paid('a:dear', [3, 5, 4, undefined]);
  paid('a:cheap', [1, 2, 3, 9]);
  const { differences, spent } = readRun(folder);
  // By file: cheap comes first.
  expect(differences[0]!.cost).toEqual({
    ...{ n: 3, of: { a: 2, b: 4 }, difference: -2 },
    standardError: expect.closeTo(Math.sqrt(1 / 3), 12) as number,
    interval: tInterval([-2, -3, -1]),
  });
  expect(describeRun(readRun(folder))).toMatch(/│ 2\.00 − 4\.00 = -2\.00 +│ -4\.48 to 0\.484 +│/);
  // The judge is paid as well.
  expect(spent).toEqual({ now: 827, total: 827 });
});

test('without any price, or where nobody knows what the other costs, no costs are compared', () => {
  paid('a:free', [0, 0]);
  paid('a:own', [0, 0]);
  expect(readRun(folder).differences[0]).not.toHaveProperty('cost');
  paid('a:own', [undefined, undefined]);
  paid('a:free', [1, 2]);
  expect(readRun(folder).differences[0]).not.toHaveProperty('cost');
});

test('a score whose samples are in other clusters in another model is not compared, which the report says', () => {
  for (const [model, cluster] of [
    ['a:one', 'p'],
    ['a:two', 'q'],
  ] as const)
    log(model.slice(2), [
      header({ model }),
      sample({ id: 'x', cluster, scores: [{ name: 'right', value: true }] }),
    ]);
  const report = readRun(folder);
  expect(report.differences).toEqual([]);
  expect(report.notCompared).toEqual([
    'sums, right: compare(): sample "x" is in the cluster "p" in the first model and in the cluster "q" in the second; it must be the same in both.',
  ]);
  expect(describeRun(report)).toContain(
    'Not compared:\n- sums, right: compare(): sample "x" is in the cluster "p"',
  );
});

test('p-values are adjusted for all comparisons of the run', () => {
  twoModels();
  const [alone] = readRun(folder).differences;
  for (const model of ['a:good', 'a:poor'])
    log(`other ${model}`, [
      header({ model, title: 'other' }),
      sample({ id: 'x' }),
      sample({ id: 'y', scores: [{ name: 'exactMatch', value: false }] }),
    ]);
  const both = readRun(folder).differences;
  expect(both).toHaveLength(2);
  expect(both.find(({ title }) => title === 'sums')?.adjustedP).toBeCloseTo(2 * (alone?.p ?? 0), 12);
});

test('the worst samples come first: errors, then the lowest scores, twenty at most', () => {
  twoModels();
  log('errors', [
    header({ title: 'other' }),
    sample({ id: 'e', scores: [], error: { kind: 'user', message: 'broken' } }),
    ...Array.from({ length: 30 }, (_, index) =>
      sample({ id: String(index), scores: [{ name: 'likeness', value: index / 100 }] }),
    ),
  ]);
  const { worst } = readRun(folder);
  expect(worst).toHaveLength(20);
  expect(worst[0]).toMatchObject({ id: 'e', error: 'broken' });
  expect(worst.some(({ scores }) => scores[0]?.value === true)).toBe(false);
});

test('a log without a footer is that of a run that did not end', () => {
  twoModels();
  expect(readRun(folder).evaluations[0]).toMatchObject({ status: 'interrupted', gate: { outcome: 'fail' } });
});

test('a log that cannot be read is named with the reason, and hides no other', () => {
  twoModels();
  const whole = readRun(folder);
  writeFileSync(join(folder, 'bad.jsonl'), '{"type":\n');
  const missing = join(folder, 'gone.jsonl');
  const report = readRun(folder, [...logsOf(folder), missing]);
  expect({ ...report, unreadable: [], canContinue: true }).toEqual(whole);
  expect(report.canContinue).toBe(false);
  expect(report.unreadable).toEqual([
    { log: join(folder, 'bad.jsonl'), reason: expect.stringContaining('line 1 is not JSON') as string },
    { log: missing, reason: expect.stringMatching(/gone\.jsonl cannot be read: ENOENT/) as string },
  ]);
  const text = describeRun(report);
  expect(text).toContain(
    'Logs that cannot be read, so that what they would say is missing here:\n- The log ',
  );
  expect(stepSummary(report)).toContain('Logs that cannot be read:\n\n- The log ');
});

test('the summary is a file of JSON beside the logs, as private as they are', () => {
  twoModels();
  const report = readRun(folder);
  writeSummary(report);
  expect(statSync(join(folder, 'summary.json')).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'))).toEqual({
    schema: 1,
    ...(JSON.parse(JSON.stringify(report)) as object),
  });
});

test('the page of a job in GitHub Actions gets the tables, and nothing of them is markup', () => {
  twoModels();
  log('evil', [header({ title: '<img src=x> | [a](b) `c`\n# d' }), sample()]);
  const page = join(folder, 'page.md');
  writeFileSync(page, 'before\n');
  writeStepSummary(readRun(folder), page);
  const text = readFileSync(page, 'utf8');
  expect(text).toMatch(/^before\n## Evaluations of /);
  expect(text).toContain('| sums | exactMatch | 10 |');
  expect(text).toContain('&lt;img src=x&gt; \\| \\[a\\](b) \\`c\\`\\\\n\\# d');
});

test('a step summary is written only where a file is named', () => {
  twoModels();
  expect(() => writeStepSummary(readRun(folder), undefined)).not.toThrow();
  expect(stepSummary(readRun(folder))).toContain('| a:good − a:poor | 80.0 % |');
});

test('what models say cannot steer the terminal', () => {
  log('evil', [
    header(),
    sample({ response: '\u001b[2J\u202e', scores: [{ name: 'x', value: false }], input: '\u0007' }),
  ]);
  expect(describeRun(readRun(folder)).replaceAll('\n', '')).not.toMatch(/\p{Cc}|\u202e/u);
});
