import { ModelProviderError } from '../../../src/base/errors';
import { defineScorer, type Judgement } from '../../../src/evals/scorers/define-scorer';
import { caught } from '../../support/caught';

const shorter = defineScorer('shorter', (answer: string, limit: number) => answer.length < limit);
const failing = (error: unknown): (() => never) => {
  return () => {
    throw error;
  };
};

test('with the answer and what is expected a scorer gives the score', () => {
  expect(shorter('four', 5)).toEqual({ name: 'shorter', value: true });
});

test('with what is expected alone it gives a check that takes the answer', () => {
  const check = shorter(5);
  expect(check('four')).toEqual({ name: 'shorter', value: true });
  expect(check('fives')).toEqual({ name: 'shorter', value: false });
});

test('an expectation of undefined is an expectation: a missing column does not make a check', () => {
  const kind = defineScorer('kind', (_answer: string, expected: unknown) => expected === undefined);
  expect(kind('x', undefined)).toEqual({ name: 'kind', value: true });
});

test('an async scorer gives a promise, in both forms', async () => {
  const slow = defineScorer('slow', async (answer: string, expected: string) => answer === expected);
  expect(await slow('a', 'a')).toEqual({ name: 'slow', value: true });
  expect(await slow('a')('b')).toEqual({ name: 'slow', value: false });
});

test('scorers and their checks have the name of the score', () => {
  expect([shorter.name, shorter(5).name]).toEqual(['shorter', 'shorter']);
});

test.each<[Judgement, object]>([
  [true, { value: true }],
  [0.25, { value: 0.25 }],
  [null, { value: null }],
  [{ value: 3 }, { value: 3 }],
  [
    { value: null, metadata: { why: 'no' } },
    { value: null, metadata: { why: 'no' } },
  ],
])('%j is a judgement', (judgement, score) => {
  const fixed = defineScorer('fixed', () => judgement) as (answer: string, expected: string) => unknown;
  expect(fixed('a', 'b')).toEqual({ name: 'fixed', ...score });
});

test.each([
  [NaN, 'NaN'],
  [Infinity, 'Infinity'],
  ['yes', 'a string'],
  [undefined, 'undefined'],
  [{}, 'undefined'],
  [{ value: [1] }, 'an array'],
])('%j is none, and an error, not a 0', (judgement, described) => {
  const fixed = defineScorer('fixed', (_answer: string, _expected: string) => judgement as Judgement);
  expect(() => fixed('a', 'b')).toThrow(
    `fixed: its value is ${described}; it must be a boolean, a finite number or null.`,
  );
});

describe('what a scorer throws', () => {
  test('is SCORER_FAILED, with the name first and the cause kept', async () => {
    const cause = new Error('no table');
    const sync = defineScorer<string, string>('lookup', failing(cause));
    const async = defineScorer<string, string>('lookup', async () => failing(cause)());
    for (const work of [(async () => sync('a', 'b'))(), async('a', 'b')]) {
      const error = await caught(work);
      expect(error).toMatchObject({ code: 'SCORER_FAILED', message: 'lookup: no table.', cause });
      expect(error.details).toEqual({ scorer: 'lookup' });
    }
  });

  test('passes as it is if it has a code, so that a lost judge is no failed scorer', () => {
    const lost = new ModelProviderError('RESOURCE_LOST', 'gone');
    const sync = defineScorer<string, string>('lookup', failing(lost));
    expect(() => sync('a', 'b')).toThrow(lost);
  });
});

test('a scorer refuses any other number of arguments', () => {
  const loose = shorter as unknown as (...given: unknown[]) => unknown;
  expect(() => loose()).toThrow(
    'shorter: 0 arguments; it takes (answer, expected), or (expected) for a check.',
  );
  expect(() => loose('a', 1, {})).toThrow('shorter: 3 arguments');
});

test('a scorer has a name', () => {
  expect(() => defineScorer('', () => true)).toThrow('defineScorer(): the first argument must be a name.');
});

describe('the kind of a scorer', () => {
  type Given = number | boolean | null | undefined;
  const binary = defineScorer('passed', (_answer: string, value: Given) => value as Judgement, {
    kind: 'binary',
  });

  it('is in each of its scores', () => {
    const stars = defineScorer('stars', (answer: string, _expected: string) => answer.length, {
      kind: 'real',
    });
    expect(stars('***', '')).toEqual({ name: 'stars', value: 3, kind: 'real' });
    expect(shorter('four', 5)).not.toHaveProperty('kind');
  });

  it.each([true, false, 1, 0, null])('binary has the value %p', (value) => {
    expect(binary('x', value)).toEqual({ name: 'passed', value, kind: 'binary' });
  });

  it('binary has no other value: that is an error which names the scorer', async () => {
    expect(() => binary('x', 0.5)).toThrow(
      'passed: its value is 0.5; of a binary scorer it must be true, false, 1, 0 or null.',
    );
    const asked = (async () => binary('x', 2))();
    expect(await caught(asked)).toMatchObject({ code: 'SCORER_FAILED', details: { scorer: 'passed' } });
  });

  it.each([
    [{ kind: 'boolean' }, `kind is "boolean"; it must be 'binary' or 'real'`],
    [{ kin: 'real' }, 'there is no option kin; did you mean kind'],
  ])('%j is refused', (options, problem) => {
    expect(() => defineScorer('x', () => 1, options as never)).toThrow(`defineScorer(): ${problem}.`);
  });
});

describe('the range of a scorer', () => {
  const stars = defineScorer('stars', (answer: string, _expected: string) => answer.length, {
    range: [1, 5],
  });

  it('is in each of its scores, which are measures', () => {
    expect(stars('***', '')).toEqual({ name: 'stars', value: 3, kind: 'real', range: [1, 5] });
  });

  it('has no value outside: that is an error which names the scorer', () => {
    expect(() => stars('******', '')).toThrow('stars: its value is 6; its range is from 1 to 5.');
  });

  it.each([
    [{ range: [5, 1] }, 'range is [5,1]; write the least and the most, such as [0, 5]'],
    [{ range: 5 }, 'range is 5; write the least and the most, such as [0, 5]'],
    [{ range: [0, 1], kind: 'binary' }, 'a binary scorer has no range'],
  ])('%j is refused', (options, problem) => {
    expect(() => defineScorer('x', () => 1, options as never)).toThrow(`defineScorer(): ${problem}.`);
  });
});
