import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { loggable, nearestJson } from '../../../src/evals/log/loggable';
import { sample } from './records';

/** What is read back of a record that was written. */
const readBack = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('a record that JSON holds is the one that is written', () => {
  const record = sample({ metadata: { left: undefined as never, deep: [[{ a: null }]] } });
  expect(loggable(record)).toBe(record);
});

test('a score keeps what its scorer says of it where something else is no JSON', () => {
  const scores = [{ name: 'stars', value: 4, kind: 'real' as const, range: [1, 5] as const }];
  expect(loggable(sample({ scores, metadata: { none: undefined as never, n: 1n as never } })).scores).toEqual(
    scores,
  );
});

const circle: Record<string, unknown> = { n: 1n };
circle['self'] = circle;
class Row {
  a = 1;
  #hidden = 2;
  get sum(): number {
    return this.a + this.#hidden;
  }
}
const { proxy, revoke } = Proxy.revocable({}, {});
revoke();

test.each<[string, unknown, unknown]>([
  ['nothing', undefined, null],
  ['a number that JSON lacks', NaN, 'NaN'],
  ['infinity', -Infinity, '-Infinity'],
  ['zero below zero', -0, 0],
  ['a BigInt', 9007199254740993n, '9007199254740993'],
  ['a function', Math.max, '[Function: max]'],
  ['a symbol', Symbol('x'), 'Symbol(x)'],
  ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
  ['a date that is none', new Date(NaN), null],
  ['what says itself', { toJSON: () => ({ is: 1n }) }, { is: '1' }],
  ['what says nothing', { toJSON: () => undefined }, null],
  ['a list with a hole', [1, , 3], [1, null, 3]], // eslint-disable-line no-sparse-arrays
  ['a map of texts', new Map([['a', 1n]]), { a: '1' }],
  ['a map of others', new Map([[1, 'a']]), [[1, 'a']]],
  ['a set', new Set(['a', undefined]), ['a', null]],
  ['numbers in bytes', new Float32Array([0.5, NaN]), [0.5, 'NaN']],
  ['an error', new TypeError('broken'), 'broken'],
  ['an expression', /x/g, '/x/g'],
  ['a boxed text', Object('x'), 'x'],
  ['an object of a class', new Row(), { a: 1 }],
  ['what contains itself', circle, { n: '1', self: '[Circular]' }],
  ['a getter that throws', Object.defineProperty({}, 'x', { enumerable: true, get: fail }), '[no]'],
  ['a proxy that was revoked', proxy, expect.stringMatching(/^\[.*revoked.*\]$/) as unknown],
  ['a key of nothing', { a: undefined, b: 1 }, { b: 1 }],
  ['keys that every object has', JSON.parse('{"__proto__":{"x":1},"constructor":2}'), expect.anything()],
  ['another realm', runInNewContext('new Map([["a", new Date(0)]])'), { a: '1970-01-01T00:00:00.000Z' }],
  ['lone surrogates', '\ud800', '\ud800'],
])('%s is written as near as it comes', (_what, value, expected) => {
  expect(nearestJson(value)).toEqual(expected);
  const record = sample({
    input: { value } as never,
    metadata: { value } as never,
    log: { value } as never,
    scores: [{ name: 'x', value: true, metadata: { value } as never }],
  });
  const kept = loggable(record);
  expect(kept).toMatchObject({
    id: record.id,
    response: record.response,
    scores: [{ name: 'x', value: true }],
  });
  expect(readBack(kept)).toEqual(kept);
  const inField = value === undefined ? {} : { value: expected };
  for (const facts of [kept.input, kept.metadata, kept.log, kept.scores[0]?.metadata])
    expect(facts).toEqual(inField);
});

function fail(): never {
  throw new Error('no');
}

test('what is kept of any record is what is read back of it', () => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
    withBoxedValues: true,
    stringUnit: 'binary',
  });
  const facts = fc.dictionary(fc.string({ unit: 'binary' }), anything);
  fc.assert(
    fc.property(anything, facts, facts, fc.double({ noNaN: true }), (input, metadata, log, value) => {
      const record = sample({
        input: input as never,
        metadata: metadata as never,
        log: log as never,
        scores: [{ name: 'x', value: Number.isFinite(value) ? value : 0, metadata: metadata as never }],
      });
      const kept = loggable(record);
      const read = readBack(kept);
      expect(readBack(read)).toStrictEqual(read);
      expect(JSON.stringify(read)).toBe(JSON.stringify(kept));
      expect(read).toHaveProperty('input');
    }),
  );
});
