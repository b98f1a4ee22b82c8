import { sampleId } from '../../../src/evals/data-sets/sample-id';

test('is 16 hex digits of what the columns hold, whatever the order of the keys', () => {
  const id = sampleId({ question: '2 + 3', meta: { b: [1, 2], a: null } });
  expect(id).toMatch(/^[0-9a-f]{16}$/);
  expect(sampleId({ meta: { a: null, b: [1, 2] }, question: '2 + 3' })).toBe(id);
});

test('stays the same for ever, for logs are joined by it', () => {
  expect(sampleId({ question: '2 + 3', answer: '5' })).toBe('31426e17e246b816');
  expect(sampleId('2 + 3')).toBe('29f8016a87c618fe');
});

test.each([
  [{ a: 1 }, { a: '1' }],
  [{ a: [1, 2] }, { a: [2, 1] }],
  ['', null],
  [{ a: 'x' }, { b: 'x' }],
])('differs where values differ: %j and %j', (one, other) => {
  expect(sampleId(one)).not.toBe(sampleId(other));
});

test('exists for values that are no JSON', () => {
  const circle: { self?: unknown } = {};
  circle.self = circle;
  for (const value of [undefined, () => 1, new Map(), Symbol('s'), 12n, circle])
    expect(sampleId({ value })).toMatch(/^[0-9a-f]{16}$/);
  expect(sampleId(undefined)).toMatch(/^[0-9a-f]{16}$/);
});
