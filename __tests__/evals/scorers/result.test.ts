import { Result, type Score } from '../../../src/evals/scorers/result';
import { exactMatch } from '../../../src/evals/scorers/exact-match';

const score = exactMatch('4', '4');

test('a result has a response, its scores and its metadata', () => {
  expect(new Result('4', [score, { name: 'mine', value: null }], { finish: 'stop' })).toEqual({
    response: '4',
    scores: [score, { name: 'mine', value: null }],
    metadata: { finish: 'stop' },
  });
});

test('a single score needs no array, and no score none', () => {
  expect(new Result('4', score).scores).toEqual([score]);
  expect(new Result('4').scores).toEqual([]);
});

test.each<[string, unknown, string]>([
  ['a check', exactMatch('4'), 'a function: give the scorer the answer and what is expected'],
  ['a promise', Promise.resolve(exactMatch('4', '4')), 'a promise: await it.'],
  ['a boolean', true, 'no object of the form { name, value }, the value being'],
  ['no value', { name: 'x' }, 'no object of the form'],
  ['nothing', null, 'no object of the form'],
])('%s is no score', (_what, wrong, message) => {
  expect(() => new Result('4', wrong as Score)).toThrow(`new Result(): a score is ${message}`);
});

test('a second score is no metadata', () => {
  expect(() => new Result('4', score, score as never)).toThrow('several scores go into an array');
});

test('a response is a text', () => {
  expect(() => new Result(undefined as never)).toThrow('the response is undefined; it must be a text');
});

test.each([
  [{ value: 0.5, kind: 'binary' }, 'the score x is binary and has the value 0.5'],
  [{ value: 1, kind: 'share' }, `the score x has the kind "share"; it must be 'binary' or 'real'`],
  [{ value: 6, kind: 'real', range: [1, 5] }, 'the value 6, which is outside its range from 1 to 5'],
  [{ value: 6, kind: 'real', range: [5] }, 'the score x has the range [5]; write [0, 5]'],
  [{ value: 1, range: [0, 1] }, `has a range, and is of no kind that has one; say kind: 'real'`],
])('a score that its kind or its range does not fit is refused: %j', (score, problem) => {
  expect(() => new Result('a', { name: 'x', ...score } as never)).toThrow(problem);
  expect(new Result('a', { name: 'x', value: 1, kind: 'binary' }).scores).toHaveLength(1);
});
