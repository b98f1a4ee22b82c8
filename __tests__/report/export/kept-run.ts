import { mkdirSync, writeFileSync } from 'node:fs';
import { logPath } from '../../../src/evals/log/log-path';
import type { SampleRecord } from '../../../src/evals/log/log-record';
import { TranscriptLog } from '../../../src/evals/log/transcript-log';
import type { MadeCall } from '../../../src/evals/transcripts/made-call';
import type { EvalRun } from '../../../src/pattern/eval-run';
import { readLogsOf, type ReadEvaluation } from '../../../src/report/read-evaluation';
import { header, sample } from '../../evals/log/records';

/** A run of one evaluation, with the transcripts of its samples. */
export function keptRun(
  directory: string,
  samples: readonly (readonly [record: Partial<SampleRecord>, made: readonly MadeCall[]])[],
): readonly ReadEvaluation[] {
  mkdirSync(directory, { recursive: true });
  const head = header();
  const log = logPath(directory, head);
  const transcripts = new TranscriptLog({ directory, run: 'run' } as EvalRun, log);
  const records = samples.map(([changes, made], index) => {
    const record = sample({ id: `id${index}`, index, ...changes });
    if (made.length > 0) transcripts.keep(record, made);
    return record;
  });
  transcripts.end();
  writeFileSync(log, [head, ...records].map((record) => `${JSON.stringify(record)}\n`).join(''));
  return readLogsOf(directory).read;
}
