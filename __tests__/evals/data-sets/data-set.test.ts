import { readSamples, type DataSet } from '../../../src/evals/data-sets/data-set';
import { noteFacts } from '../../../src/evals/data-sets/row-location';
import { sampleId } from '../../../src/evals/data-sets/sample-id';
import { samplesOf } from '../../../src/evals/execution/sample-source';
import { caught } from '../../support/caught';
import { all } from './temporary-folder';

async function* asynchronous<Row>(...rows: Row[]): AsyncGenerator<Row, void, undefined> {
  yield* rows;
}

function* generated<Row>(...rows: Row[]): Generator<Row, void, undefined> {
  yield* rows;
}

test.each<[string, DataSet<unknown>]>([
  ['an array', ['a', 'b']],
  ['an iterable', new Set(['a', 'b'])],
  ['a generator', generated('a', 'b')],
  ['an async iterable', asynchronous('a', 'b')],
  ['a function', () => ['a', 'b']],
  ['a function of an async iterable', () => asynchronous('a', 'b')],
  ['an async function', async () => ['a', 'b']],
  ['a generator function', () => generated('a', 'b')],
])('%s is a data set', async (_what, dataset) => {
  expect(await all(readSamples(['q'], dataset))).toEqual([
    { index: 0, number: 0, id: sampleId('a'), cells: 'a' },
    { index: 1, number: 1, id: sampleId('b'), cells: 'b' },
  ]);
});

test('a function is called when the rows are needed, and not before', async () => {
  const dataset = jest.fn(() => ['a']);
  const source = samplesOf(['q'], dataset as DataSet<never>);
  expect(dataset).not.toHaveBeenCalled();
  await source.read({});
  expect(dataset).toHaveBeenCalledTimes(1);
});

test('a row is read when its sample is asked for, and not before', async () => {
  let yielded = 0;
  const samples = await readSamples(
    ['q'],
    (function* () {
      for (;;) yield yielded++;
    })(),
  );
  expect(yielded).toBe(0);
  await samples.next();
  expect(yielded).toBe(1);
});

test('a row whose value cannot be read is named by its number', async () => {
  const broken = {
    toJSON: () => {
      throw new Error('no');
    },
  };
  await expect(all(readSamples(['q'], [{ q: 1 }, { q: broken }]))).rejects.toMatchObject({
    code: 'EVAL_INVALID',
    message: 'foreach(): row 1 cannot be read: no; a getter or a toJSON() of it throws.',
  });
});

test('a row without a column is named by its number and its place', async () => {
  const rows = [{ a: 1, b: 2 }, noteFacts({ a: 1 }, { location: 'data/rows.jsonl:2' })];
  const error = await caught(all(readSamples(['a', 'b'], rows)));
  expect(error).toMatchObject({
    code: 'EVAL_INVALID',
    message: 'foreach(): row 1 (data/rows.jsonl:2) has no column "b"; it has "a".',
  });
});

test.each<[unknown, string]>([
  [undefined, 'undefined'],
  [null, 'null'],
  [{ a: 1 }, 'an object'],
  ['rows.jsonl', 'a string'],
  [() => 7, 'a number'],
  [Promise.resolve(['a']), 'a promise'],
])('%s is none', async (dataset, kind) => {
  const error = await caught(all(readSamples(['q'], dataset as DataSet<unknown>)));
  expect(error.message).toContain(`foreach(): the data set is ${kind}; it must be an array`);
  expect(error.message.includes('give jsonl(path) or csv(path)')).toBe(typeof dataset === 'string');
});
