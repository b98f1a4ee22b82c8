import { relative } from 'node:path';
import { readSamples, type Sample } from '../../../src/evals/data-sets/data-set';
import { inexactNumbers, parseNumbersAsText } from '../../../src/evals/data-sets/inexact-numbers';
import { jsonl } from '../../../src/evals/data-sets/jsonl';
import type { Selection } from '../../../src/evals/data-sets/selection';
import { caught } from '../../support/caught';
import { all, written } from './temporary-folder';

test.each([
  ['9007199254740993', '9007199254740993'],
  ['12345678901234567890', '12345678901234567890'],
  ['-9223372036854775807', '-9223372036854775807'],
  ['1e400', '1e400'],
  ['-1E+400', '-1E+400'],
  ['1e-400', '1e-400'],
  [`1${'0'.repeat(400)}`, `1${'0'.repeat(400)}`],
])('%s becomes another number', (text, number) => {
  expect(inexactNumbers(`{"a":[1,{"b":${text}}]}`)).toEqual([{ path: ['a', 1, 'b'], written: number }]);
});

test.each([
  ...['0', '-0', '0.0', '0e999', '0.1', '3.141592653589793238462643', '9007199254740992', '1e22', '1e308'],
  ...['9007199254740991', '0.1234567890123456', '12.34567890123456789e-5', '"a1e234 x2e345"'],
  ...['100000000000000000000', '18014398509481984', '"12345678901234567890"', '"1e400"', 'true', 'null'],
])('%s does not', (text) => {
  expect(inexactNumbers(`{"a":${text}}`)).toEqual([]);
});

test('keys that come twice are read as JSON.parse reads them', () => {
  expect(inexactNumbers('{"a":9007199254740993,"b":1,"b":2}')).toEqual([
    { path: ['a'], written: '9007199254740993' },
  ]);
  expect(parseNumbersAsText('{"a":9007199254740993,"b":1,"b":2}')).toEqual({ a: '9007199254740993', b: '2' });
});

const id = '12345678901234567890';
const path = (): string => written('ids.jsonl', `{"id":1,"q":"a"}\n{"id":${id},"q":"b"}\n`);

async function samples(columns: string[], selection: Selection<never> = {}): Promise<Sample[]> {
  return all(await readSamples(columns, jsonl(path()), selection as Selection<Record<string, unknown>>));
}

test.each([
  ['a named column', ['id', 'q'], {}],
  ['the id', ['q'], { id: 'id' }],
  ['the cluster', ['q'], { cluster: 'id' }],
])('is red as %s, with file, line, field and what to do', async (_where, columns, selection) => {
  const error = await caught(samples(columns, selection));
  expect([error.code, error.message]).toEqual([
    'EVAL_INVALID',
    `foreach(): row 1 (${relative(process.cwd(), path())}:2) has in id ${id}, which no number of JavaScript can hold: it would be read as 12345678901234567000. Write it as a text in the file, or read all numbers as texts: jsonl(path, { numbers: 'text' }).`,
  ]);
});

test('is red also deep within a named column, and as the whole row', async () => {
  const deep = written('deep.jsonl', '{"a":{"n":[1e400]}}\n');
  expect((await caught(readSamples(['a'], jsonl(deep)).then(all))).message).toContain(
    'has in a.n.0 1e400, which',
  );
  const bare = written('bare.jsonl', `1\n${id}\n`);
  expect((await caught(readSamples(['n'], jsonl(bare)).then(all))).message).toContain(
    `:2) is ${id}, which no number`,
  );
});

test('is noted once where no column that is used holds it', async () => {
  const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  try {
    const many = written('many.jsonl', `{"id":${id},"q":"a"}\n{"id":${id.replace('1', '2')},"q":"b"}\n`);
    expect((await all(await readSamples(['q'], jsonl(many)))).map(({ cells }) => cells)).toEqual(['a', 'b']);
    expect(warned.mock.calls).toEqual([
      [
        expect.stringMatching(
          /^foreach\(\): row 0 \(.*many\.jsonl:1\) has in id 1234.*; no named column holds it\. Write it as a text/,
        ),
      ],
    ]);
  } finally {
    warned.mockRestore();
  }
});

test("with numbers: 'text' every number is its text, to the digit", async () => {
  const rows = written(
    'texts.jsonl',
    `{"id":${id},"n":1.50,"list":[1e400,-0],"q":"3","is":true,"no":null}\n`,
  );
  expect(await all(jsonl(rows, { numbers: 'text' }))).toEqual([
    { id, n: '1.50', list: ['1e400', '-0'], q: '3', is: true, no: null },
  ]);
  expect(() => jsonl(rows, { numbers: 'bigint' as 'text' })).toThrow(
    'jsonl(): numbers is "bigint"; it must be \'text\'.',
  );
});
