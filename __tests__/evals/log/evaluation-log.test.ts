import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EvalRun } from '../../../src/pattern/eval-run';
import { EvaluationLog } from '../../../src/evals/log/evaluation-log';
import { logPath } from '../../../src/evals/log/log-path';
import { header, sample } from './records';

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'log of '))));
afterEach(() => rmSync(directory, { recursive: true }));

test.each([
  [1, false],
  [0.1 + 0.7 + 0.1 + 0.1, false],
  [true, false],
  [null, false],
  [0.99, true],
  [false, true],
])('of failed trials, one with the score %p runs again: %p', (value, isRunAgain) => {
  const head = header();
  const record = sample({ scores: [{ name: 'x', value }] });
  writeFileSync(logPath(directory, head), `${JSON.stringify(head)}\n${JSON.stringify(record)}\n`);
  const recordings = { mode: 'off', ignore: [] };
  const run = { directory, rerun: 'failed', recordings } as unknown as EvalRun;
  const finished = new EvaluationLog(run, head, head).finished('a', 0);
  expect(finished === undefined).toBe(isRunAgain);
});
