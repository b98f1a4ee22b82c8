import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { sampleId } from '../../../src/evals/data-sets/sample-id';
import { EvaluationLog } from '../../../src/evals/log/evaluation-log';
import type { SampleRecord } from '../../../src/evals/log/log-record';
import { judged } from '../../../src/evals/scorers/returned';
import { Result, type Score } from '../../../src/evals/scorers/result';
import { SummaryBuilder } from '../../../src/evals/summary/summary-builder';
import { summarizeLog } from '../../../src/evals/summary/summarize-log';
import { readLog } from '../../../src/evals/log/read-log';
import type { EvalRun } from '../../../src/pattern/eval-run';
import { csvText } from '../../../src/report/export/csv';
import { exportInspect } from '../../../src/report/export/inspect';
import { readLogsOf } from '../../../src/report/read-evaluation';
import { readRun } from '../../../src/report/run-report';
import { describeRun } from '../../../src/report/terminal/describe-run';
import { sample } from './records';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'round trip '))));
afterAll(() => rmSync(folder, { recursive: true }));

const text = fc.string({ unit: 'binary' });
const anything = fc.anything({
  ...{ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withObjectString: true },
  ...{ withSet: true, withSparseArray: true, withTypedArray: true, withBoxedValues: true },
  ...{ key: text, values: [text, fc.double(), fc.boolean(), fc.constant(undefined), fc.constant(null)] },
});
const facts = fc.dictionary(text, anything);
// Sums of squares of larger ones are infinite.
const value = fc.oneof(fc.boolean(), fc.constant(null), fc.double({ noNaN: true, min: -1e100, max: 1e100 }));
const name = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1 }),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'input', 'id'),
);
const score = fc.record({ name, value, metadata: facts }) as fc.Arbitrary<Score>;
const scores = fc.uniqueArray(score, { selector: (one) => one.name, maxLength: 3 });
const rows = fc.uniqueArray(
  fc.record({ cells: anything, response: text, scores, metadata: facts, log: facts }),
  {
    selector: ({ cells }) => sampleId(cells),
    minLength: 1,
    maxLength: 4,
  },
);

const run = (directory: string): EvalRun => ({
  ...{ run: 'mine', directory, root: folder, git: null, seed: 1, packages: {} },
  ...{ rerun: null, samples: null, models: null, prices: {}, maxCost: null, transcripts: null },
  recordings: { mode: 'off', ignore: [] },
});

test('whatever an evaluation accepts, the log, the report, the exports and a continued run read back', () => {
  let number = 0;
  return fc.assert(
    fc.asyncProperty(rows, text, async (taken, title) => {
      const directory = join(folder, String((number += 1)));
      const open = (): EvaluationLog =>
        new EvaluationLog(
          run(directory),
          { file: 'a.js', title: title || 'x', name: title, model: 'm' },
          { code: 'c', spec: null, config: null, identity: null },
        );
      const log = open();
      log.begin({ resource: null, dataset: { name: 'rows', hash: null }, options: {} });
      const builder = new SummaryBuilder('m');
      const kept = taken.map(({ cells, response, scores: given, metadata, log: noted }, index) => {
        const answer = judged(new Result(response, given, metadata as never));
        const record = sample({
          ...{ id: sampleId(cells), index, input: cells as never, log: noted as never },
          ...{ response: answer.response, scores: answer.scores, metadata: answer.metadata },
        });
        const written = log.keep(record);
        builder.add(written, index, false);
        return written;
      });
      const { summary, worst } = builder.finish({ notRun: 0, restarts: 0, spent: { now: 0, total: 0 } });
      log.end({
        ...{ status: 'complete', dataset: { samples: kept.length, hash: '' }, summary, worst },
        gate: { outcome: 'pass', reasons: [] },
      });

      // The log has all of it, and sums up to the same.
      const read: SampleRecord[] = [];
      readLog(log.path).eachSample((record) => read.push(record));
      expect(read).toEqual(JSON.parse(JSON.stringify(kept)));
      expect(summarizeLog(readLog(log.path)).summary).toEqual(JSON.parse(JSON.stringify(summary)));

      // The report is text.
      const report = readRun(directory);
      expect(report.unreadable).toEqual([]);
      expect(typeof describeRun(report)).toBe('string');

      // The exports have a place for each sample and each score.
      const { read: evaluations } = readLogsOf(directory);
      let csv = '';
      for (const piece of csvText(evaluations)) csv += piece;
      const names = new Set(kept.flatMap((record) => record.scores.map((one) => one.name)));
      const table = parse(csv) as string[][];
      expect(table).toHaveLength(kept.length + 1);
      expect(table[0]).toHaveLength(14 + names.size);
      const [exported = ''] = exportInspect(evaluations, join(directory, 'inspect'));
      const { samples } = JSON.parse(readFileSync(exported, 'utf8')) as { samples: object[] };
      expect(samples).toHaveLength(kept.length);

      // A continued run has nothing to do.
      const again = open();
      for (const record of kept) expect(again.finished(record.id, 0)).toEqual(read[record.index]);
      again.close();
    }),
    { numRuns: 60 },
  );
});
