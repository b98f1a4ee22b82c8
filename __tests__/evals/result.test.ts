import { Result, type Score } from '../../src/evals/result';
import { exactMatch } from '../../src/evals/scorers/exact-match';

test('a result has a response and its scores', () => {
  const score = exactMatch('4', '4');
  expect(new Result('4', score, { name: 'mine', value: null })).toEqual({
    response: '4',
    scores: [score, { name: 'mine', value: null }],
  });
});

test.each<[string, unknown, string]>([
  ['a check', exactMatch('4'), 'a function: give the scorer the answer and what is expected'],
  ['a promise', Promise.resolve(exactMatch('4', '4')), 'a promise: await it.'],
  ['a boolean', true, 'no object of the form { name, value }.'],
  ['nothing', undefined, 'no object of the form'],
])('%s is no score', (_what, score, message) => {
  expect(() => new Result('4', score as Score)).toThrow(`new Result(): a score is ${message}`);
});
