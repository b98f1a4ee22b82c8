import fc from 'fast-check';
import { includes } from '../../../src/evals/scorers/includes';
import { levenshtein } from '../../../src/evals/scorers/levenshtein';
import { matches } from '../../../src/evals/scorers/matches';

describe('includes', () => {
  test('an answer contains the text, case counting', () => {
    expect(includes('It is Paris.', 'Paris')).toEqual({ name: 'includes', value: true });
    expect(includes('It is paris.', 'Paris').value).toBe(false);
  });

  test('all of several texts must be there, and the missing ones are named', () => {
    expect(includes('Paris, France', ['Paris', 'France']).value).toBe(true);
    expect(includes('Paris, France', ['Oslo', 'Paris', 'Rome'])).toEqual({
      name: 'includes',
      value: false,
      metadata: { missing: ['Oslo', 'Rome'] },
    });
  });

  test.each([[''], [[]], [['a', '']]])('%j is refused: every answer contains it', (expected) => {
    expect(() => includes('a', expected)).toThrow(
      'includes: expected is empty; there is nothing to compare an answer with.',
    );
  });
});

describe('matches', () => {
  test('an expression matches somewhere, and the match is told', () => {
    expect(matches('It is Paris.', /\bpar\w+/i)).toEqual({
      name: 'matches',
      value: true,
      metadata: { match: 'Paris' },
    });
    expect(matches('It is Paris.', /^paris/i)).toEqual({ name: 'matches', value: false });
  });

  test.each(['g', 'y', 'gy'])('the flags %s do not make it go on where it ended', (flags) => {
    const pattern = new RegExp('4', flags);
    expect([1, 2, 3].map(() => matches('is 4', pattern).value)).toEqual([true, true, true]);
    expect(pattern.lastIndex).toBe(0);
  });

  test('a text is no expression', () => {
    expect(() => matches('4', '4' as unknown as RegExp)).toThrow(
      'matches: expected is a string; it must be a regular expression.',
    );
  });
});

describe('levenshtein', () => {
  test('is 1 minus the edits over the longer length', () => {
    expect(levenshtein('sitting', 'kitten')).toEqual({
      name: 'levenshtein',
      value: 1 - 3 / 7,
      metadata: { distance: 3 },
    });
  });

  test.each([
    [' a ', 'a', 1],
    ['', 'abc', 0],
    ['abc', 'xyz', 0],
  ])('%j and %j: %d', (answer, expected, value) => {
    expect(levenshtein(answer, expected).value).toBe(value);
  });

  const text = fc.string({ maxLength: 12 }).filter((one) => one.trim() !== '');

  test('is symmetric, from 0 to 1, and 1 for equal texts alone', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const value = levenshtein(a, b).value as number;
        expect(levenshtein(b, a).value).toBe(value);
        expect(value >= 0 && value <= 1).toBe(true);
        expect(value === 1).toBe(a.trim() === b.trim());
      }),
    );
  });
});
