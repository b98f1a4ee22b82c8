import { Result } from '../../../src/evals/scorers/result';
import { judged } from '../../../src/evals/scorers/returned';

const score = { name: 'mine', value: 0.5 };

test.each([
  [
    'a result',
    new Result('4', score, { why: 'x' }),
    { response: '4', scores: [score], metadata: { why: 'x' } },
  ],
  ['a score', score, { scores: [score] }],
  [
    'several scores',
    [score, { name: 'other', value: null }],
    { scores: [score, { name: 'other', value: null }] },
  ],
  ['right and wrong', true, { scores: [{ name: 'score', value: true }] }],
  ['a number', 0.25, { scores: [{ name: 'score', value: 0.25 }] }],
])('%s may be returned', (_what, returned, expected) => {
  expect(judged(returned)).toMatchObject(expected);
});

test.each([
  ['nothing', undefined, 'returned undefined'],
  ['null', null, 'returned null'],
  ['a text', 'x', 'returned a string'],
  ['no number', NaN, 'returned NaN'],
  ['no scores', [], 'returned an array'],
  ['an object', { response: '4' }, 'returned an object'],
])('%s is an error', (_what, returned, message) => {
  expect(() => judged(returned)).toThrow(`${message}; return new Result(response, scores), a score`);
});

test('two scores of one name are an error', () => {
  expect(() => judged([score, score])).toThrow('two scores are called "mine"');
});
