import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { problemsOf } from '../../../src/recordings/upkeep/check-recording';
import { ownPlaces } from '../../support/own-places';
import { call, header, writeRecording } from './own-recordings';

const places = ownPlaces();
const specFile = (): string => join(places.directory, 'a.eval.js');
const problems = (path: string): [number, string][] =>
  problemsOf({ path, specFile: specFile() }).map(({ line, problem }) => [line, problem]);

beforeEach(() => writeFileSync(specFile(), ''));

test('a recording as it was made has no problem', () => {
  const path = writeRecording(specFile(), header({ config: { size: 1 } }), [
    call('a', { sample: 'x', trial: 0 }),
    call('a', { sample: 'x', trial: 1 }),
    call('a', { sample: 'x', trial: 0, n: 1 }),
    call('a'),
  ]);
  expect(problems(path)).toEqual([]);
});

test('all lines that are none are named, as after a merge', () => {
  const path = writeRecording(specFile(), header(), [
    '<<<<<<< HEAD',
    call('a'),
    '=======',
    '{"type":"other"}',
  ]);
  expect(problems(path)).toEqual([
    [2, 'it is no JSON'],
    [4, 'it is no JSON'],
    [5, 'its type is "other"'],
  ]);
});

test('an empty file, and one without a header, are none', () => {
  const path = writeRecording(specFile(), header());
  writeFileSync(path, '');
  expect(problems(path)).toEqual([[1, 'it is empty']]);
  writeFileSync(path, `${JSON.stringify(call('a'))}\n`);
  expect(problems(path)).toEqual([[1, 'it does not begin a recording']]);
});

test('a call is there once', () => {
  const path = writeRecording(specFile(), header(), [call('a'), call('b'), call('a')]);
  expect(problems(path)).toEqual([[4, 'it is the call of line 2 once more']]);
});

test('the key is that of the request', () => {
  const path = writeRecording(specFile(), header(), [{ ...call('a'), key: call('b').key }]);
  expect(problems(path)).toEqual([
    [2, `its key is ${call('b').key}, but that of its request is ${call('a').key}: it was changed by hand`],
  ]);
});

test('the file lies where its header says', () => {
  const path = writeRecording(specFile(), header());
  const renamed = path.replace('sums', 'other');
  renameSync(path, renamed);
  // The title is for people alone.
  expect(problems(renamed)).toEqual([]);
  writeFileSync(renamed, `${JSON.stringify(header({ name: 'other' }))}\n`);
  expect(problems(renamed)).toEqual([
    [
      1,
      expect.stringMatching(
        /^it is of "other" with "fake:m", whose recording has a name that ends with [0-9a-f]{8}\.jsonl/,
      ),
    ],
  ]);
});

test('its spec file is there', () => {
  const other = join(places.directory, 'gone.eval.js');
  const path = writeRecording(other, header());
  expect(problemsOf({ path, specFile: other })).toEqual([
    { path, line: 1, problem: 'there is no gone.eval.js beside which it could be' },
  ]);
});

test('a secret of this environment is named by its variable, and not shown', () => {
  process.env['OWN_API_KEY'] = 'own-secret-of-this-test';
  try {
    const path = writeRecording(specFile(), header(), [call('a')]);
    appendFileSync(path, `${JSON.stringify(call(`it is own-secret-of-this-test`))}\n`);
    expect(problems(path)).toEqual([
      [3, 'it holds the secret of OWN_API_KEY: delete the recording, and record it again'],
    ]);
  } finally {
    delete process.env['OWN_API_KEY'];
  }
});

test('what cannot be read is a problem of its own', () => {
  expect(problems(places.directory)).toEqual([[1, expect.stringMatching(/cannot be read: EISDIR/)]]);
});
