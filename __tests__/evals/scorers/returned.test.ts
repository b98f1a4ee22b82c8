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

const bar = 'it must be a boolean, a finite number or null';
test.each([
  ['a score', { name: 'x', value: NaN }, `an object in which the score x has the value NaN; ${bar}`],
  [
    'of several',
    [score, { name: 'y', value: 'no' }],
    `an array in which the score y has the value "no"; ${bar}`,
  ],
  ['a kind', { ...score, kind: 'rea' }, `an object in which the score mine has the kind "rea"; it must be`],
])('the value that is none is named: %s', (_what, returned, message) => {
  expect(() => judged(returned)).toThrow(`returned ${message}`);
  expect(() => new Result('4', returned as never)).toThrow(/the score \w+ has the (?:value|kind) /);
});

test('two scores of one name are an error', () => {
  expect(() => judged([score, score])).toThrow('two scores are called "mine"');
});
