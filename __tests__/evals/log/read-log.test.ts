import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogRecord, SampleRecord } from '../../../src/evals/log/log-record';
import { packageVersion } from '../../../src/base/version';
import { readLog } from '../../../src/evals/log/read-log';
import { schemaOf } from '../../../src/evals/log/visit-log';
import { header, sample } from './records';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'log of '))));
afterAll(() => rmSync(folder, { recursive: true }));

function written(...records: (LogRecord | string)[]): string {
  const path = join(folder, 'log.jsonl');
  const lines = records.map((record) =>
    typeof record === 'string' ? record : `${JSON.stringify(record)}\n`,
  );
  writeFileSync(path, lines.join(''));
  return path;
}

function samplesOf(path: string): SampleRecord[] {
  const samples: SampleRecord[] = [];
  readLog(path).eachSample((record) => samples.push(record));
  return samples;
}

const footer = (dropped: string[]): LogRecord => ({
  type: 'footer',
  at: '',
  status: 'complete',
  dataset: { samples: 1, hash: '' },
  dropped,
  summary: { scores: [] } as never,
  worst: [],
  gate: { outcome: 'pass', reasons: [] },
});

test('of an id and trial the last line counts', () => {
  const [first, other, last] = [
    sample({ response: 'first' }),
    sample({ trial: 1 }),
    sample({ response: 'last' }),
  ];
  expect(samplesOf(written(header(), first, other, header(), last))).toEqual([other, last]);
});

test('samples of other code, or of another model, do not count', () => {
  const path = written(header({ code: 'old' }), sample({ id: 'old' }), header(), sample({ id: 'new' }));
  expect(samplesOf(path).map(({ id }) => id)).toEqual(['new']);
});

test('samples before the header of a continued run count if nothing has changed', () => {
  const path = written(header(), sample(), header({ at: 'later' }), sample({ id: 'b' }));
  expect(samplesOf(path).map(({ id }) => id)).toEqual(['a', 'b']);
  expect(readLog(path).header.at).toBe('later');
});

test('all runs that have written a log have cost what their footers say, or else their samples', () => {
  const paid = (id: string, cost: number): SampleRecord =>
    sample({
      id,
      calls: [
        { resource: 'm', ms: 1, cost },
        { resource: 'm', ms: 1 },
      ],
    });
  // A try that was repeated is in no sample.
  const end = { ...footer([]), summary: { scores: [], spent: { now: 5, total: 5 } } } as never;
  const spentIn = (...records: LogRecord[]): object => readLog(written(...records)).spent;
  const killed = [header({ code: 'new' }), paid('b', 2)];
  const last = [header(), paid('a', 0.1), paid('b', 0.2)];
  expect(spentIn(header(), paid('a', 1), end, ...killed, ...last)).toEqual({ now: 0.3, total: 7.3 });
  expect(spentIn(header(), paid('a', 1), end)).toEqual({ now: 5, total: 5 });
  expect(spentIn(header())).toEqual({ now: 0, total: 0 });
});

describe('a log of schema 1', () => {
  const old = header({ schema: 1, model: 'expert' });
  const summed = (calls: object): SampleRecord => sample({ calls: calls as never });
  const sum = { count: 3, latencyMs: 30, promptTokens: 7, completionTokens: 2 };

  test('is read: its sum of calls is as many calls of its model', () => {
    const [one, none] = samplesOf(written(old, summed(sum), sample({ id: 'b' })));
    expect(one?.calls).toEqual([
      { resource: 'expert', ms: 10, usage: { promptTokens: 7, completionTokens: 2 } },
      { resource: 'expert', ms: 10, usage: { promptTokens: 0, completionTokens: 0 } },
      { resource: 'expert', ms: 10, usage: { promptTokens: 0, completionTokens: 0 } },
    ]);
    expect(none).not.toHaveProperty('calls');
  });

  test.each([{ ...sum, count: 0 }, { ...sum, count: 1.5 }, { ...sum, latencyMs: '30' }, {}])(
    'that sums up its calls as %j is damaged',
    (calls) => {
      expect(() => readLog(written(old, summed(calls)))).toThrow(
        'line 2 is no line of a log: its field calls ',
      );
    },
  );

  test('says so before its samples are read', () => {
    expect(schemaOf(written(old, 'nonsense'))).toBe(1);
    expect(schemaOf(written(header()))).toBe(2);
    expect(schemaOf(written())).toBeUndefined();
    expect(schemaOf(written('5\n'))).toBeUndefined();
    expect(() => schemaOf(written(header({ schema: 3 })))).toThrow('has schema 3');
  });
});

test('samples that are no longer in the data set do not count', () => {
  expect(samplesOf(written(header(), sample(), sample({ id: 'b' }), footer(['a'])))).toHaveLength(1);
});

test('a footer counts only at the end', () => {
  expect(readLog(written(header(), sample(), footer([]))).footer).toBeDefined();
  expect(readLog(written(header(), sample(), footer([]), header(), sample())).footer).toBeUndefined();
  expect(readLog(written(header(), sample(), footer([]), '{"type":"hea')).footer).toBeUndefined();
});

test('a line that was being written is left out, and counted', () => {
  const path = written(header(), sample(), '{"type":"sample","id":"tör');
  expect(samplesOf(path)).toHaveLength(1);
  expect(readLog(path)).toMatchObject({ torn: 27 });
});

test('lines longer than what is read at once are read whole', () => {
  const response = 'ä'.repeat(200_000);
  expect(samplesOf(written(header(), sample({ response }))).at(0)?.response).toBe(response);
});

test.each([
  ['a damaged line', [header(), '{"type":\n', sample()], 'line 2 is not JSON'],
  ['a line of something else', [header(), '{"type":"row"}\n'], 'line 2 is no line of a log: its field type '],
  ['a line of a bare value', [header(), sample(), 'null\n'], 'line 3 is no line of a log: it is null'],
  [
    'a sample without an id',
    [header(), sample({ id: undefined as never })],
    'no line of a log: its field id is missing',
  ],
  ['a sample without scores', [header(), sample({ scores: 1 as never })], 'its field scores is missing, or'],
  [
    'a score without a value',
    [header(), sample({ scores: [{ name: 'x' } as never] })],
    'its field scores[0].value is',
  ],
  [
    'a header that says nothing',
    ['{"type":"header","schema":1}\n'],
    'line 1 is no line of a log: its field run',
  ],
  ['a bare value at the begin', ['5\n'], 'it begins with no header'],
  [
    'a footer without a summary',
    [header(), { ...footer([]), summary: 1 as never }],
    'line 2 is no line of a log: its field summary is',
  ],
  [
    'a later schema',
    [header({ schema: 3, packages: { 'jest-model-provider': '9.1.0' } })],
    `has schema 3, written by jest-model-provider 9.1.0; this is ${packageVersion}, which reads schema 1 and 2.`,
  ],
  ['an unknown schema', [header({ schema: '2' as never })], 'has schema "2", written by another version'],
  [
    'a call without a resource',
    [header(), sample({ calls: [{ ms: 1 } as never] })],
    'line 2 is no line of a log',
  ],
  ['calls that are no list', [header(), sample({ calls: {} as never })], 'line 2 is no line of a log'],
  ['no header', [sample()], 'it begins with no header'],
  ['nothing', [], 'is empty'],
])('%s is an error', (_what, records, message) => {
  const path = written(...records);
  expect(() => readLog(path)).toThrow(message);
});
