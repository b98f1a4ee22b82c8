import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readBaseline } from '../../../src/evals/summary/gate-baseline';
import { logPath } from '../../../src/evals/log/log-path';
import type { FooterRecord, LogRecord } from '../../../src/evals/log/log-record';
import { passAt } from '../../../src/evals/statistics/trials';
import type { EvalRun } from '../../../src/pattern/eval-run';
import { header, sample } from '../log/records';

let evals: string;
beforeEach(() => (evals = mkdtempSync(join(tmpdir(), 'baseline '))));
afterEach(() => rmSync(evals, { recursive: true }));

const footer = (status: FooterRecord['status']): FooterRecord => ({
  ...{ type: 'footer', at: '', status, dataset: { samples: 1, hash: '' }, dropped: [], worst: [] },
  ...{ summary: { scores: [] } as never, gate: { outcome: 'pass', reasons: [] } },
});

function write(...records: (LogRecord | string)[]): void {
  mkdirSync(join(evals, 'base'), { recursive: true });
  const lines = records.map((line) => (typeof line === 'string' ? line : `${JSON.stringify(line)}\n`));
  writeFileSync(logPath(join(evals, 'base'), header()), lines.join(''));
}

function read(run = 'base', rules = {}, more: BaselineWish = {}): ReturnType<typeof readBaseline> {
  const { isReplayed = false, allowReplayed } = more;
  const now = { run: 'now', directory: join(evals, 'now') } as EvalRun;
  const gate = { vsBaseline: { run, ...(allowReplayed !== undefined && { allowReplayed }) } };
  return readBaseline(gate, now, header(), rules, isReplayed);
}

interface BaselineWish {
  readonly isReplayed?: boolean;
  readonly allowReplayed?: boolean;
}

test('a gate without a baseline has none', () => {
  expect(
    readBaseline({}, { run: 'now', directory: join(evals, 'now') } as EvalRun, header(), {}, false),
  ).toBeUndefined();
});

test('an earlier run may have logs of schema 1', () => {
  const calls = { count: 1, latencyMs: 5, promptTokens: 1, completionTokens: 1 } as never;
  write(header({ schema: 1 }), sample({ calls }), footer('complete'));
  expect(read()).toEqual(new Map([['exactMatch', [{ id: 'a', value: true }]]]));
});

test('the values of an earlier run are there by score, their trials reduced as in this one', () => {
  const wrong = [{ name: 'exactMatch', value: false }];
  write(
    header(),
    sample(),
    sample({ trial: 1, scores: wrong }),
    sample({ id: 'b', scores: wrong }),
    footer('complete'),
  );
  expect(read()).toEqual(
    new Map([
      [
        'exactMatch',
        [
          { id: 'a', value: 0.5, trials: 2 },
          { id: 'b', value: false },
        ],
      ],
    ]),
  );
  expect(read('base', { reduce: { exactMatch: passAt(1) } })).toMatchObject(
    new Map([
      [
        'exactMatch',
        [
          expect.objectContaining({ id: 'a', value: 0.5 }),
          expect.objectContaining({ id: 'b', value: false }),
        ],
      ],
    ]),
  );
});

test.each<[string, readonly (LogRecord | string)[], string]>([
  ['was killed', [header(), sample()], 'its log is not complete: run it to its end'],
  ['was interrupted', [header(), sample(), footer('interrupted')], 'its log is not complete'],
  ['lost its model', [header(), sample(), footer('lost')], 'its log is not complete'],
  [
    'was torn after its end',
    [header(), sample(), footer('complete'), header(), '{"type":"sam'],
    'its log is not complete',
  ],
  ['is torn', [header(), sample(), footer('complete'), '{"type":"hea'], 'its log is not complete'],
  ['is damaged', [header(), 'x\n', footer('complete')], 'is damaged: line 2 is not JSON'],
  ['is none of ours', ['{"question":1}\n'], 'it begins with no header'],
  ['is empty', [], 'is empty'],
])('one that %s is a reason to fail', (_what, records, reason) => {
  write(...records);
  expect(read()).toContain(reason);
});

test('one that is not there, and the very run, are reasons too', () => {
  write(header(), sample(), footer('complete'));
  expect(read('other')).toContain('it has no log of this evaluation with this model');
  expect(read('now')).toBe('it is this very run: name an earlier one');
});

describe('with recorded answers', () => {
  const call = { resource: 'judge', ms: 1, replayed: true };
  const values = new Map([['exactMatch', [{ id: 'a', value: true }]]]);

  test('one is no bar for live answers, and a live one is none for recorded answers, unless that is allowed', () => {
    write(header(), sample({ calls: [call] }), footer('complete'));
    expect(read()).toBe(
      'its answers are recorded ones, and those of this run are not: name a run whose answers are live, or allow it with allowReplayed: true',
    );
    expect(read('base', {}, { allowReplayed: true })).toEqual(values);
    write(header(), sample(), footer('complete'));
    expect(read('base', {}, { isReplayed: true })).toBe(
      'its answers are live, and those of this run are recorded ones: name a run whose answers are recorded ones, or allow it with allowReplayed: true',
    );
    expect(read('base', {}, { isReplayed: true, allowReplayed: true })).toEqual(values);
  });

  test('one is the bar of others', () => {
    write(header(), sample({ calls: [call] }), footer('complete'));
    expect(read('base', {}, { isReplayed: true })).toEqual(values);
  });
});
