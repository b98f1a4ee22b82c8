import * as jestGlobals from '@jest/globals';
import { installMatchers, type ToScoreOptions } from '../../src/evals/matchers';
import { defineScorer, type Check } from '../../src/evals/scorers/define-scorer';
import { exactMatch } from '../../src/evals/scorers/exact-match';
import { levenshtein } from '../../src/evals/scorers/levenshtein';
import { numeric } from '../../src/evals/scorers/numeric';

installMatchers();

const slow = defineScorer('slow', async (answer: string, expected: string) => answer === expected);
const inapplicable = defineScorer('inapplicable', (_answer: string, _expected: string) => null);

test('a score of true, or of 1, passes', () => {
  expect('4').toScore(exactMatch('4'));
  expect('kitten').toScore(levenshtein('kitten'));
  expect('a').toScore(() => ({ name: 'x', value: 0.1 + 0.7 + 0.1 + 0.1 }));
  expect('5').not.toScore(exactMatch('4'));
  expect('sitting').not.toScore(levenshtein('kitten'));
});

test('another bar can be set', () => {
  expect('sitting').toScore(levenshtein('kitten'), { min: 0.5 });
  expect('sitting').not.toScore(levenshtein('kitten'), { min: 0.9 });
});

test('an async check is awaited', async () => {
  await expect('4').toScore(slow('4'));
  await expect('5').not.toScore(slow('4'));
  await expect(expect('5').toScore(slow('4'))).rejects.toThrow('slow');
  await expect(Promise.resolve('4')).resolves.toScore(exactMatch('4'));
});

test('the message has the score, the bar, the answer and the metadata', () => {
  expect(() => expect('about 5').toScore(numeric(4), { min: 0.5 })).toThrow(
    [
      'expect(answer).toScore(numeric)',
      '',
      'Expected score: at least 0.5',
      'Received score: false',
      'Received answer: "about 5"',
      'Metadata: {"taken": "5"}',
    ].join('\n'),
  );
  expect(() => expect('4').not.toScore(exactMatch('4'))).toThrow('Expected score: below 1');
});

test('the message shows what is in the answer, and not all of a long one', () => {
  const hostile = '\u001b[2J\u202eevil\nline\u200b';
  expect(() => expect(hostile).toScore(exactMatch('4'))).toThrow(
    String.raw`Received answer: "\u001b[2J\u202eevil\nline\u200b"`,
  );
  expect(() => expect('x'.repeat(5000)).toScore(exactMatch('4'))).toThrow(/x… \(\d,\d{3} more characters\)$/);
});

test('a score that does not apply neither passes nor passes with not', () => {
  const message = 'toScore(): inapplicable does not apply to this answer.';
  expect(() => expect('4').toScore(inapplicable('4'))).toThrow(message);
  expect(() => expect('4').not.toScore(inapplicable('4'))).toThrow(message);
});

test.each<[string, unknown, string]>([
  [
    'a scorer that was given nothing',
    exactMatch,
    'toScore(): exactMatch does not know what is expected: write exactMatch(expected).',
  ],
  ['a score', exactMatch('4', '4'), 'toScore(): the check is an object; give a scorer what is expected'],
  ['a text', '4', 'toScore(): the check is a string'],
])('%s is no check', (_what, check, message) => {
  expect(() => expect('4').toScore(check as Check)).toThrow(message);
  expect(() => expect('4').not.toScore(check as Check)).toThrow(message);
});

test('an option that there is none of is refused', () => {
  const options = { mim: 0.5 } as ToScoreOptions;
  expect(() => expect('4').toScore(exactMatch('4'), options)).toThrow(
    'toScore(): there is no option mim; did you mean min.',
  );
});

test.each([
  [{ min: '1' }, 'toScore(): min is "1"; it must be a number.'],
  [{ min: NaN }, 'toScore(): min is NaN; it must be a number.'],
  [{ min: null }, 'toScore(): min is null; it must be a number.'],
  [0.9, 'toScore(): the second argument is 0.9; it must be options, such as { min: 0.8 }.'],
])('the options %j are refused, with not as well: no bar would be meant by them', (options, message) => {
  const given = options as ToScoreOptions;
  expect(() => expect('4').toScore(exactMatch('4'), given)).toThrow(message);
  expect(() => expect('5').not.toScore(exactMatch('4'), given)).toThrow(message);
});

// Checked by the compiler (npm run typecheck): each line that must not compile says so.
test('the types are those of both kinds of expect', () => {
  const calls = {
    global: () => expect('4').toScore(exactMatch('4')),
    globalAsync: () => expect('4').toScore(slow('4')),
    imported: () => jestGlobals.expect('4').toScore(exactMatch('4')),
    importedAsync: () => jestGlobals.expect('4').not.toScore(slow('4')),
    resolved: () => jestGlobals.expect(Promise.resolve('4')).resolves.toScore(exactMatch('4')),
    wrong: () => [
      // @ts-expect-error -- a scorer that was given nothing
      expect('4').toScore(exactMatch),
      // @ts-expect-error -- a score
      expect('4').toScore(exactMatch('4', '4')),
      // @ts-expect-error -- an answer that is no text
      expect(4).toScore(exactMatch('4')),
      // @ts-expect-error -- the same with Jest's own types
      jestGlobals.expect(4).toScore(exactMatch('4')),
      // @ts-expect-error -- an expectation that is no text
      exactMatch('4', 4),
      // @ts-expect-error -- no such option
      expect('4').toScore(exactMatch('4'), { least: 1 }),
    ],
  };
  const areRight: Equal<
    Omit<typeof calls, 'wrong'>,
    {
      global: () => void;
      globalAsync: () => Promise<void>;
      imported: () => void;
      importedAsync: () => Promise<void>;
      resolved: () => Promise<void>;
    }
  > = true;
  expect([typeof calls, areRight]).toEqual(['object', true]);
});

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
