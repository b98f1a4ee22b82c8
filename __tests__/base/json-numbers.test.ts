import { jsonNumbers, replaceJsonNumbers } from '../../src/base/json-numbers';

const found = (text: string): unknown[] =>
  [...jsonNumbers(text)].map(({ written, at }) => [written, at, text.slice(at, at + written.length)]);

test.each<[string, string[]]>([
  ['12345678901234567890', ['12345678901234567890']],
  ['[0, -1.50,2E+3 , 1e-400]', ['0', '-1.50', '2E+3', '1e-400']],
  ['{"1": "2, 3", "a\\"4": [true, null, {"b": 5}]}', ['5']],
  ['["\\\\", 6, "\\\\\\"7", "", 8]', ['6', '8']],
  ['"9"', []],
  ['{}', []],
])('the numbers of %s are %j', (text, written) => {
  JSON.parse(text);
  expect(found(text)).toEqual(written.map((number) => [number, expect.any(Number) as number, number]));
});

test('each has the keys and indexes that lead to it', () => {
  const text = '{"a,\\"b":[1,{"":2},[],[[3]]],"__proto__":{"x":4},"e":{},"f":5}';
  const paths: unknown[] = [];
  for (const { written, path } of jsonNumbers(text)) paths.push([written, ...path()]);
  expect(paths).toEqual([
    ['1', 'a,"b', 0],
    ['2', 'a,"b', 1, ''],
    ['3', 'a,"b', 3, 0, 0],
    ['4', '__proto__', 'x'],
    ['5', 'f'],
  ]);
});

test('any depth, and keys that come twice, are read as JSON.parse reads them', () => {
  const deep = `${'['.repeat(20_000)}7${']'.repeat(20_000)}`;
  expect(found(deep)).toEqual([['7', 20_000, '7']]);
  expect(JSON.parse(replaceJsonNumbers('{"a": 1, "a": 2}', (written) => `"${written}"`))).toEqual({ a: '2' });
});

test('the numbers of a text are replaced, and nothing else', () => {
  const text = ' {"n 1": [2, "3", -4.0e1], "t": true} ';
  expect(replaceJsonNumbers(text, (written) => `<${written}>`)).toBe(
    ' {"n 1": [<2>, "3", <-4.0e1>], "t": true} ',
  );
});

test('a long text with many escapes is read once', () => {
  const text = JSON.stringify({ q: '\\"'.repeat(200_000), n: 1 });
  expect(found(text)).toEqual([['1', text.length - 2, '1']]);
});
