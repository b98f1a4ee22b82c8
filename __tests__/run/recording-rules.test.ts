import { optionMarks, runOptions } from '../../src/run/run-options';
import { rulesOfRun } from '../../src/run/recording-rules';

const project = (recordings: unknown): Parameters<typeof runOptions>[0] => ({
  rootDir: '/',
  testEnvironmentOptions: { evals: { recordings } },
});
const read = (recordings: unknown, variable?: string): unknown =>
  runOptions(project(recordings), variable === undefined ? {} : { EVALS_RECORDINGS: variable }).recordings;

test('a mode may be given alone, or with what is to be ignored', () => {
  expect(read(undefined)).toEqual({ mode: 'off', ignore: [] });
  expect(read('auto')).toEqual({ mode: 'auto', ignore: [] });
  expect(read({ mode: 'record' })).toEqual({ mode: 'record', ignore: [] });
  expect(read({ mode: 'replay', ignore: ['messages.*.id', /\d+/i] })).toEqual({
    mode: 'replay',
    ignore: [{ path: 'messages.*.id' }, { pattern: String.raw`\d+`, flags: 'i' }],
  });
});

test('the variable has the mode, and leaves what is to be ignored', () => {
  expect(read({ mode: 'auto', ignore: ['id'] }, 'replay')).toEqual({
    mode: 'replay',
    ignore: [{ path: 'id' }],
  });
  expect(read({ ignore: ['id'] }, 'record')).toEqual({ mode: 'record', ignore: [{ path: 'id' }] });
  expect(read({ ignore: ['id'] })).toEqual({ mode: 'off', ignore: [{ path: 'id' }] });
  expect(read(undefined, 'auto')).toEqual({ mode: 'auto', ignore: [] });
});

test.each([
  [
    'replays',
    'testEnvironmentOptions.evals.recordings is "replays"; it must be one of record, auto, replay, off.',
  ],
  [true, 'recordings is true; it must be one of'],
  [null, 'recordings is null; it must be one of'],
  [{ mode: 'always' }, 'recordings.mode is "always"; it must be one of'],
  [{ mode: 'auto', ignored: [] }, 'there is no option ignored; did you mean ignore'],
  [{ ignore: 'id' }, 'recordings.ignore is "id"; it must be an array of paths and patterns'],
  [{ ignore: [''] }, 'recordings.ignore[0] is ""; it must be a path such as'],
  [{ ignore: ['a', 'a..b'] }, 'recordings.ignore[1] is "a..b"; it must be a path such as'],
  [{ ignore: [7] }, 'recordings.ignore[0] is 7; it must be a path such as'],
])('%j is refused by name, value and fix', (recordings, message) => {
  expect(() => read(recordings)).toThrow(message);
});

test('a wrong variable is refused, and so is a wrong option under a right one', () => {
  expect(() => read('auto', 'live')).toThrow('EVALS_RECORDINGS is "live"; it must be one of');
  expect(() => read({ ignore: [7] }, 'auto')).toThrow('recordings.ignore[0] is 7');
});

test('projects that ignore other parts differ', () => {
  const marks = (path: string): unknown => optionMarks(project({ mode: 'auto', ignore: [path] }));
  expect(marks('a')).toEqual(marks('a'));
  expect(marks('a')).not.toEqual(marks('b'));
});

test('a regular expression makes no other project of the one that Jest hands to its workers as JSON', () => {
  const given = project({ mode: 'auto', ignore: ['id', /a/], other: undefined });
  const handedOver = JSON.parse(JSON.stringify(given)) as typeof given;
  expect(optionMarks(handedOver)).toEqual(optionMarks(given));
});

const rules = (mode: 'record' | 'auto' | 'replay' | 'off') => ({ mode, ignore: [] });

test('with --ci, and in a part of a run, auto records nothing', () => {
  expect(rulesOfRun(rules('auto'), {})).toEqual(rules('auto'));
  expect(rulesOfRun(rules('auto'), { ci: true })).toEqual(rules('replay'));
  expect(rulesOfRun(rules('auto'), { shard: {} })).toEqual(rules('replay'));
  expect(rulesOfRun(rules('record'), { ci: true })).toEqual(rules('record'));
  expect(rulesOfRun(rules('replay'), { shard: {}, ci: true })).toEqual(rules('replay'));
  expect(rulesOfRun(rules('off'), { shard: {}, ci: true })).toEqual(rules('off'));
});

test('a part of a run does not record', () => {
  expect(() => rulesOfRun(rules('record'), { shard: {} })).toThrow(/^.*shard.*record without --shard/);
});
