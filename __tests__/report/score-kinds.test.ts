import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Score } from '../../src/evals/scorers/result';
import { exportInspect } from '../../src/report/export/inspect';
import { readLogsOf } from '../../src/report/read-evaluation';
import { readRun } from '../../src/report/run-report';
import { evalRows } from '../../src/report/terminal/eval-matrix';
import { compareRuns } from '../../src/report/terminal/run-comparison';
import { boundedInterval } from '../../src/evals/statistics/bounded-interval';
import { wilsonInterval } from '../../src/evals/statistics/wilson';
import { summarizeLog } from '../../src/evals/summary/summarize-log';
import { readLog } from '../../src/evals/log/read-log';
import type { FooterRecord } from '../../src/evals/log/log-record';
import { header, sample } from '../evals/log/records';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'kinds of '))));
afterEach(() => rmSync(folder, { recursive: true }));

type Values = readonly (Score['value'] | undefined)[];

/** The log of one model, with the footer of a run that ended; undefined is a sample that failed. */
function log(run: string, model: string, values: Values, kind?: Score['kind']): void {
  mkdirSync(join(folder, run), { recursive: true });
  const path = join(folder, run, `${model}.jsonl`);
  const samples = values.map((value, index) =>
    value === undefined
      ? sample({ id: String(index), index, scores: [], error: { kind: 'user', message: 'x' } })
      : sample({ id: String(index), index, scores: [{ name: 'x', value, ...(kind && { kind }) }] }),
  );
  const lines = [header({ model, name: `${model} sums` }), ...samples];
  const write = (records: readonly unknown[]): void =>
    writeFileSync(path, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  write(lines);
  const { summary, worst } = summarizeLog(readLog(path));
  const footer: Omit<FooterRecord, 'dataset'> = {
    ...{ type: 'footer', at: '', status: 'complete', dropped: [], summary, worst },
    gate: { outcome: 'pass', reasons: [] },
  };
  write([...lines, footer]);
}

const cells = (run = 'run'): string[] => evalRows(readRun(join(folder, run)).evaluations)[1]?.slice(3) ?? [];
const mostlyRight = [1, 1, 0, 1];

test('numbers that are 0 and 1 in all models are right and wrong: shares, Wilson and McNemar', () => {
  log('run', 'a', [1, 0, 1, 1, 0, 0]);
  log('run', 'b', [1, 1, 1, 1, true, 1]);
  expect(cells()).toEqual(['50.0 % (18.8 %–81.2 %)', '100.0 % (61.0 %–100.0 %)']);
  const { differences, evaluations } = readRun(join(folder, 'run'));
  expect(differences).toMatchObject([
    { isBinary: true, test: 'mcnemar', p: expect.closeTo(0.25, 12) as number },
  ]);
  expect(evaluations[1]?.summary.scores[0]?.interval).toEqual(wilsonInterval(6, 6));
});

test.each([
  ['numbers', mostlyRight],
  ['booleans', mostlyRight.map(Boolean)],
])('%s that are 0 and 1 are measures where another model has a value between', (_, values) => {
  log('run', 'a', values);
  log('run', 'b', [1, 1, 0.5, 1]);
  expect(cells()).toEqual(['0.750 (0.193–0.994)', '0.875 (0.332–0.997)']);
  const { differences, evaluations } = readRun(join(folder, 'run'));
  expect(differences).toMatchObject([{ isBinary: false, test: 't', difference: -0.125 }]);
  expect(evaluations[0]?.summary.scores[0]?.interval).toEqual(boundedInterval(mostlyRight, [0, 1]));
  expect(evaluations[0]?.summary.scores[0]).not.toHaveProperty('asReal');
});

test('two models of 0 and 1 are compared as measures where a third has values between', () => {
  log('run', 'a', [1, 1, 0, 1]);
  log('run', 'b', [0, 1, 0, 1]);
  log('run', 'c', [0.5, 1, 0, 1]);
  expect(readRun(join(folder, 'run')).differences.map(({ test }) => test)).toEqual(['t', 't', 't']);
});

test('a model without any value says nothing of the kind, nor does the value of a sample that failed', () => {
  log('run', 'a', [1, 1, 0, 1]);
  log('run', 'b', [null, null]);
  log('run', 'c', [undefined, undefined]);
  expect(cells()[0]).toMatch('75.0 %');
});

test('samples with an error are counted as wrong in the kind of the others', () => {
  log('run', 'a', [1, 1, 1, undefined]);
  expect(cells()[0]).toMatch('as wrong 75.0 % (30.1 %–95.4 %)');
  log('run', 'b', [0.5, 1, 1, 1]);
  expect(cells()[0]).toMatch('as wrong 0.750 (0.193–0.994)');
});

test('a scorer that says real is believed, and has the interval of no share', () => {
  log('run', 'a', [1, 1, 1, 1], 'real');
  log('run', 'b', [0, 1, 1, 1], 'real');
  expect(cells()).toEqual(['1.000', '0.750 (-0.046–1.546)']);
  expect(readRun(join(folder, 'run')).differences).toMatchObject([{ isBinary: false, test: 't' }]);
});

test('two runs have one kind: that of all models in both', () => {
  log('before', 'a', [1, 1, 0, 1]);
  log('after', 'a', [0, 1, 0, 1]);
  const compared = (): unknown => compareRuns(join(folder, 'before'), join(folder, 'after')).differences[0];
  expect(compared()).toMatchObject({ isBinary: true, test: 'mcnemar' });
  log('after', 'b', [0.5, 1, 0, 1]);
  expect(compared()).toMatchObject({ isBinary: false, test: 't' });
  expect(cells('before')[0]).toMatch('75.0 %');
});

test('an export has the intervals of the report', () => {
  log('run', 'a', mostlyRight);
  log('run', 'b', [1, 1, 0.5, 1]);
  const [path = ''] = exportInspect(readLogsOf(join(folder, 'run')).read, join(folder, 'out'));
  const { results } = JSON.parse(readFileSync(path, 'utf8')) as {
    results: { scores: { metrics: Record<string, { value: number }> }[] };
  };
  expect(results.scores[0]?.metrics['high95']?.value).toBe(boundedInterval(mostlyRight, [0, 1]).high);
});
