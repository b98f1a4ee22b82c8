import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { keepSecret } from '../../../src/base/secrets';
import type { LogRecord, SampleRecord } from '../../../src/evals/log/log-record';
import { LogWriter } from '../../../src/evals/log/log-writer';
import { readLog } from '../../../src/evals/log/read-log';
import { header, sample } from './records';

const key = 'sk-of-the-log-0123';
beforeAll(() => {
  keepSecret('openai:m#1', key);
  // It begins with what ends an escape in JSON.
  keepSecret('a variable', 'n-secret-after-a-line-break');
});

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'redacted '))));
afterEach(() => rmSync(folder, { recursive: true }));

function written(...records: LogRecord[]): string[] {
  const path = join(folder, 'log.jsonl');
  const writer = new LogWriter(path, 0);
  for (const record of records) writer.append(record);
  writer.close();
  return readFileSync(path, 'utf8').trimEnd().split('\n');
}

function writtenSample(changes: Partial<SampleRecord>): SampleRecord {
  return JSON.parse(written(sample(changes))[0] ?? '') as SampleRecord;
}

test('a line without a secret is the JSON of its record', () => {
  expect(written(sample())).toEqual([JSON.stringify(sample())]);
});

test('a sample keeps its scores and says whose secrets were taken out', () => {
  const scores = [{ name: 'exactMatch', value: true, metadata: { taken: key } }];
  expect(writtenSample({ response: `It is ${key}.`, scores })).toEqual(
    sample({
      response: 'It is [redacted].',
      scores: [{ name: 'exactMatch', value: true, metadata: { taken: '[redacted]' } }],
      redacted: ['openai:m#1'],
    }),
  );
});

test('what was written is given back', () => {
  const writer = new LogWriter(join(folder, 'log.jsonl'), 0);
  const untouched = sample();
  expect(writer.append(untouched)).toBe(untouched);
  expect(writer.append(sample({ response: key })).response).toBe('[redacted]');
  writer.close();
});

test('keys of rows and facts are taken out, those of the log stay', () => {
  keepSecret('a password', 'response');
  const { input, log, response } = writtenSample({
    input: { [key]: [{ [key]: 1 }] },
    log: { [key]: true },
    response: 'response',
  });
  expect({ input, log, response }).toEqual({
    input: { '[redacted]': [{ '[redacted]': 1 }] },
    log: { '[redacted]': true },
    response: '[redacted]',
  });
});

test('headers and messages of errors are written without as well', () => {
  const lines = written(
    header({ config: { token: key }, title: key }),
    sample({ error: { kind: 'infrastructure', message: `401 ${key}` }, retried: [key] }),
    { type: 'restart', at: '', reason: btoa(`user:${key}`) },
  );
  expect(lines.join('\n')).not.toMatch(/sk-of-the-log|c2stb2YtdGhlLWxvZ/);
  expect(readLog(join(folder, 'log.jsonl')).restarts).toBe(1);
});

test('a secret that begins where an escape ends leaves JSON', () => {
  const { response } = writtenSample({
    response: '\n-secret-after-a-line-break n-secret-after-a-line-break',
  });
  expect(response).toBe('\n-secret-after-a-line-break [redacted]');
});

test('whatever stands around a secret, the line is JSON, and the rest of it is as it was', () => {
  const around = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(around, around, (before, after) => {
      const { response, input } = writtenSample({
        response: `${before}${key}${after}`,
        input: JSON.stringify({ before, key, after }),
      });
      expect(response).toBe(`${before}[redacted]${after}`);
      expect(input).toBe(JSON.stringify({ before, key: '[redacted]', after }));
    }),
  );
});
