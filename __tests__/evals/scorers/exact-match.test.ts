import { exactMatch } from '../../../src/evals/scorers/exact-match';

test.each([
  ['4', '4', true],
  [' 4\n', '4', true],
  ['4', '\t4', true],
  ['Paris', 'paris', false],
  ['4.', '4', false],
  ['a  b', 'a b', false],
  ['', '4', false],
])(
  '%j for %j is %s: white space around a text does not count, everything else does',
  (answer, expected, value) => {
    expect(exactMatch(answer, expected)).toEqual({ name: 'exactMatch', value });
  },
);

test.each([
  [19, '19', 'exactMatch: the answer is a number; it must be a text.'],
  ['19', 19, 'exactMatch: expected is a number; it must be a text.'],
  ['19', undefined, 'exactMatch: expected is undefined; it must be a text.'],
])('%j for %j is refused, not scored', (answer, expected, message) => {
  expect(() => exactMatch(answer as string, expected as string)).toThrow(message);
});
