import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { csv } from '../../../src/evals/data-sets/csv';
import { datasetHash, datasetName } from '../../../src/evals/data-sets/data-set-identity';
import { jsonl } from '../../../src/evals/data-sets/jsonl';
import { caught } from '../../support/caught';
import { written } from './temporary-folder';

const sha256 = (content: Buffer | string) => createHash('sha256').update(content).digest('hex');

test('a file is named by its path from the working directory, and is the hash of its bytes', async () => {
  for (const [format, content] of [
    [jsonl, '{"q":1}\n'],
    [csv, 'q\n1\n'],
  ] as const) {
    const path = written(`rows.${format.name}`, content);
    const rows = format(path);
    expect(datasetName(rows)).toBe(relative(process.cwd(), path));
    expect(await datasetHash(rows)).toBe(sha256(readFileSync(path)));
  }
});

test('an array is the hash of its rows, whatever the order of their keys', async () => {
  const hash = await datasetHash([
    { a: 1, b: 2 },
    { a: 3, b: 4 },
  ]);
  const reordered = [
    { b: 2, a: 1 },
    { b: 4, a: 3 },
  ];
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(await datasetHash(reordered)).toBe(hash);
  expect(await datasetHash(reordered.reverse())).not.toBe(hash);
  expect(datasetName(reordered)).toBe('array');
});

test.each([
  ['iterable', new Set([1])],
  ['function', () => [1]],
])('the rows of a bare %s are not read for a hash', async (name, dataset) => {
  expect(datasetName(dataset)).toBe(name);
  expect(await datasetHash(dataset)).toBeNull();
});

test('a file that cannot be read is named', async () => {
  const error = await caught(datasetHash(jsonl('none.jsonl')));
  expect(error).toMatchObject({
    code: 'EVAL_INVALID',
    message: expect.stringContaining(`jsonl(): ${__dirname}/none.jsonl cannot be read: ENOENT`),
  });
});
