import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { findNonJson, stableStringify, type Json } from '../../src/base/json';

class Point {
  x = 1;
}
const loop: { inner: { back?: unknown } } = { inner: {} };
loop.inner.back = loop;

test.each<[string, unknown, string]>([
  ['a function', { make: () => 1 }, '.make'],
  ['a value deep inside', { keys: [1, 2, { at: new Date(0) }] }, '.keys[2].at'],
  ['not-a-number', { rate: NaN }, '.rate'],
  ['an infinite number', { limit: Infinity }, '.limit'],
  ['a bigint', { size: 1n }, '.size'],
  ['a symbol', { id: Symbol('id') }, '.id'],
  ['an instance of a class', { at: new Point() }, '.at'],
  ['a map', { headers: new Map() }, '.headers'],
  ['undefined in a list', { stop: ['a', undefined] }, '.stop[1]'],
  // eslint-disable-next-line no-sparse-arrays -- the rule's subject
  ['a hole in a list', { stop: [, 'a'] }, '.stop[0]'],
  ['an object within itself', loop, '.inner.back'],
  ['a function as the whole', () => 1, '.'],
  ['undefined as the whole', undefined, '.'],
])('%s is found by its path', (_what, value, path) => {
  expect(findNonJson(value)).toBe(path);
});

test('a property that is undefined is as good as absent', () => {
  expect(findNonJson({ a: undefined })).toBeUndefined();
  expect(stableStringify({ a: undefined })).toBe(stableStringify({}));
});

test('the same object twice, but not within itself, is JSON', () => {
  const shared = { port: 1 };
  expect(findNonJson({ a: shared, b: [shared, shared] })).toBeUndefined();
});

test('plain objects of another realm and without a prototype are JSON', () => {
  expect(findNonJson(runInNewContext('({ a: [1, { b: null }] })'))).toBeUndefined();
  expect(findNonJson(Object.assign(Object.create(null), { a: 1 }))).toBeUndefined();
});

test('whatever JSON can hold passes, and its text reads back as the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(findNonJson(value)).toBeUndefined();
      expect(stableStringify(JSON.parse(stableStringify(value as Json)) as Json)).toBe(
        stableStringify(value as Json),
      );
      expect(JSON.parse(stableStringify(value as Json))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('the order in which keys were written changes nothing, at any depth', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(stableStringify(reversed(value as Json))).toBe(stableStringify(value as Json));
    }),
  );
});

test('the order of a list matters', () => {
  expect(stableStringify([1, 2])).not.toBe(stableStringify([2, 1]));
});

function reversed(value: Json): Json {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reversed(item as Json)]),
  );
}
