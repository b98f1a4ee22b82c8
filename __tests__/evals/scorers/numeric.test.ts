import fc from 'fast-check';
import { numeric, type ExpectedNumber } from '../../../src/evals/scorers/numeric';

const taken = (answer: string): unknown => numeric(answer, 0).metadata?.['taken'];

describe('the number of an answer', () => {
  test.each([
    ['42', '42'],
    ['The answer is **42**.', '42'],
    ['7 * 6 = 42', '42'],
    ['$1,250.00', '1,250.00'],
    ['1,000,000', '1,000,000'],
    ["1'000'000", "1'000'000"],
    ['1\u202f000', '1\u202f000'],
    ['1_000', '1_000'],
    ['-3', '-3'],
    ['x = -5.', '-5'],
    ['\u22124', '\u22124'],
    ['-$5', '-$5'],
    ['7-3', '3'],
    ['10-12', '12'],
    ['1e-3', '1e-3'],
    ['.5', '.5'],
    ['12.5%', '12.5'],
    ['1,2,3', '3'],
    ['12,34', null],
    ['no 5, but gpt4', '5'],
    ['none', null],
    ['x2', null],
    ['v2.0.1', null],
    ['', null],
  ])('in %j is %j', (answer, number) => {
    expect(taken(answer)).toBe(number);
  });

  test('is its value, whatever the way of writing', () => {
    for (const answer of [
      '1250',
      '1,250.00',
      '$1,250',
      '1_250',
      '1.25e3',
      '+1250',
      '1\u00a0250',
      '1\u2019250',
    ])
      expect(numeric(answer, 1250).value).toBe(true);
    for (const answer of ['-1250', '\u22121,250', '-$1,250']) expect(numeric(answer, -1250).value).toBe(true);
  });

  test('reads back what JavaScript writes', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        expect(numeric(`It is ${number}.`, number).value).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.integer(), (number) => {
        expect(numeric(`about ${number.toLocaleString('en-US')}, I think`, number).value).toBe(true);
      }),
    );
  });

  test('is the last one, or with take: only the one that there is', () => {
    const only = (answer: string): unknown => numeric(answer, { value: 42, take: 'only' });
    expect(numeric('41 or 42', 42).value).toBe(true);
    expect(only('41 or 42')).toEqual({
      name: 'numeric',
      value: false,
      metadata: { taken: null, found: ['41', '42'] },
    });
    expect(only('42, so 42.0')).toMatchObject({ value: true, metadata: { taken: '42.0' } });
  });

  test('is missing: the answer is wrong, and an error of nobody', () => {
    expect(numeric('I do not know', 42)).toEqual({
      name: 'numeric',
      value: false,
      metadata: { taken: null, found: [] },
    });
  });
});

describe('a tolerance', () => {
  test.each<[string, ExpectedNumber, boolean]>([
    ['3.14', { value: 3.14159, absolute: 0.01 }, true],
    ['3.1', { value: 3.14159, absolute: 0.01 }, false],
    ['101', { value: 100, relative: 0.01 }, true],
    ['102', { value: 100, relative: 0.01 }, false],
    ['-101', { value: -100, relative: 0.01 }, true],
    ['102', { value: 100, relative: 0.01, absolute: 3 }, true],
    ['1.1', { value: 1, absolute: 0.1 }, true],
    ['0.001', { value: 0, relative: 0.5 }, false],
    ['42.0000001', { value: 42 }, false],
  ])('%s for %j: %s', (answer, expected, value) => {
    expect(numeric(answer, expected).value).toBe(value);
  });
});

test('a number may be expected as the text of a cell', () => {
  expect(numeric('1250', '1,250').value).toBe(true);
  expect(numeric('1251', { value: '1,250', absolute: 1 }).value).toBe(true);
});

test.each<[unknown, string]>([
  ['four', 'expected is "four"; it must be a number, or a text that holds just one.'],
  ['1 or 2', 'expected is "1 or 2"; it must be'],
  [NaN, 'expected is a number; it must be'],
  [undefined, 'expected is undefined; it must be'],
  [{ value: 4, absolute: -1 }, 'absolute is -1; it must be a number of at least 0.'],
  [{ value: 4, relative: NaN }, 'relative is NaN; it must be'],
  [{ value: 4, absolut: 1 }, 'there is no option absolut; did you mean absolute.'],
  [{ value: 4, take: 'second' as 'first' }, 'take is "second"; it must be one of last, first, boxed, only.'],
])('%j is refused as an expectation', (expected, message) => {
  expect(() => numeric('4', expected as number)).toThrow(`numeric: ${message}`);
});

test.each([
  ['9007199254740993', '9007199254740993', true],
  ['9007199254740993', '9007199254740992', false],
  ['9.007199254740993e15', '9007199254740993', true],
  ['9.007199254740993e15', '9007199254740992', false],
  ['1e3', '1000.0', true],
  ['$1,000', '1e3', true],
])('two texts are compared to the digit: %s with %s is %p', (answer, expected, isRight) => {
  expect(numeric(answer, expected).value).toBe(isRight);
});
