import { basename } from 'node:path';
import type { CallLine, RecordingHeader } from '../../../src/recordings/recording-lines';
import type { FileMarks } from '../../../src/recordings/upkeep/file-marks';
import {
  judgeRecordings,
  type DatedRecording,
  type Verdict,
} from '../../../src/recordings/upkeep/judge-recordings';
import { call, header, marks, pathOf } from './own-recordings';

function recording(
  changes: Partial<RecordingHeader> = {},
  { calls = [], changed = 1500 }: { calls?: readonly CallLine[]; changed?: number } = {},
): DatedRecording {
  const head = header(changes);
  return { path: pathOf('/p/a.eval.js', head), header: head, calls, changed };
}

function verdict(given: DatedRecording, ...all: readonly FileMarks[]): Verdict | undefined {
  return judgeRecordings([given], all).get(given);
}

const sums = recording();
const file = basename(sums.path);
const attempts = (...pairs: readonly [string, number][]) =>
  pairs.map(([sample, trial]) => ({ sample, trial }));

test('what the spec file has no more is unused, and what it has is used', () => {
  expect(verdict(sums, marks({ names: ['', 'others'] }))).toEqual({ is: 'unused', without: 'test' });
  expect(verdict(sums, marks())).toEqual({ is: 'used' });
});

test('names add up over the projects of a run', () => {
  const [one, two] = [
    marks({ project: 'one', names: ['one'] }),
    marks({ project: 'two', names: ['two', 'sums'] }),
  ];
  expect(verdict(sums, one, two)).toEqual({ is: 'used' });
  const old = recording({ name: 'two old' });
  expect(verdict(old, one, two)).toEqual({ is: 'unused', without: 'test' });
});

test('of a project without marks nothing is known', () => {
  const one = marks({ project: 'one', names: ['one', 'one sums'] });
  expect(verdict(recording({ name: 'two sums' }), one)).toEqual({ is: 'unknown', for: 'project' });
  expect(verdict(recording({ name: 'ones' }), one)).toEqual({ is: 'unknown', for: 'project' });
  expect(verdict(recording({ name: 'one' }), marks({ project: 'one', names: [] }))).toMatchObject({
    is: 'unused',
  });
});

test('of another resource than the whole evaluation has used it is unused', () => {
  const judge = recording({ spec: 'fake:judge' });
  const whole = marks({ whole: ['sums'], used: { [file]: [] } });
  expect(verdict(judge, whole)).toEqual({ is: 'unused', without: 'resource' });
  expect(verdict(sums, whole)).toEqual({ is: 'used' });
  expect(verdict(judge, marks({ used: { [file]: [] } }))).toEqual({ is: 'used' });
});

test('what the run of one project has left open counts, though it is whole in another one', () => {
  const whole = marks({ whole: ['sums'] });
  expect(verdict(sums, whole)).toMatchObject({ is: 'unused' });
  expect(verdict(sums, whole, marks({ open: ['sums'] }))).toEqual({ is: 'used' });
});

test('calls of attempts that the whole evaluation has not made are unused, but not those of no sample', () => {
  const calls = [
    call('none'),
    call('a', { sample: 'a', trial: 0 }),
    call('a', { sample: 'a', trial: 1 }),
    call('more', { sample: 'a', trial: 1 }),
    call('b', { sample: 'b', trial: 0 }),
  ];
  const given = recording({}, { calls });
  const whole = (...pairs: readonly [string, number][]): FileMarks =>
    marks({ whole: ['sums'], used: { [file]: attempts(...pairs) } });
  expect(verdict(given, whole(['a', 0]))).toEqual({
    is: 'partly used',
    unused: attempts(['a', 1], ['b', 0]),
  });
  expect(verdict(given, whole(['a', 0], ['a', 1]), whole(['b', 0]))).toEqual({ is: 'used' });
  expect(verdict(given, { ...whole(['a', 0]), whole: [] })).toEqual({ is: 'used' });
});

test('what was written after the run is not judged by it', () => {
  const given = { changed: 2001, calls: [call('a', { sample: 'a', trial: 0 })] };
  const unknown = { is: 'unknown', for: 'changed' };
  expect(verdict(recording({ name: 'old' }, given), marks())).toEqual(unknown);
  expect(verdict(recording({}, given), marks({ whole: ['sums'], used: { [file]: [] } }))).toEqual(unknown);
  expect(verdict(recording({}, given), marks())).toEqual({ is: 'used' });
  const [first, last] = [marks(), marks({ to: 2001 })];
  expect(verdict(recording({ name: 'old' }, given), first, last)).toMatchObject({ is: 'unused' });
});

test('one recording of a resource that is leased stays, since leases are replayed by it', () => {
  const [a, b, other] = [
    recording({ name: 'a', config: { size: 1 } }),
    recording({ name: 'b', config: { size: 1 } }),
    recording({ name: 'c' }),
  ];
  const given = [a, b, other];
  const kept = (leased: readonly string[], names: readonly string[] = []): readonly string[] =>
    [...judgeRecordings(given, [marks({ leased, names })])].flatMap(
      ([
        {
          header: { name },
        },
        { is },
      ]) => (is === 'used' ? [name] : []),
    );
  const key = JSON.stringify(['fake', 'm', { size: 1 }]);
  expect(kept([])).toEqual([]);
  expect(kept([key])).toEqual(['a']);
  expect(kept([key], ['b'])).toEqual(['b']);
});
