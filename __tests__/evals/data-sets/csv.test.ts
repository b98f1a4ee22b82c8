import { relative } from 'node:path';
import { csv } from '../../../src/evals/data-sets/csv';
import { factsOf, rowLabel } from '../../../src/evals/data-sets/row-location';
import { readSamples } from '../../../src/evals/data-sets/data-set';
import { caught } from '../../support/caught';
import { all, written } from './temporary-folder';

test('gives an object of texts for every row', async () => {
  const path = written(
    'rows.csv',
    '\ufeffquestion,answer\r\n"2 + 3, please",5\r\n\r\n"say ""hi""","two\nlines"\r\n',
  );
  expect(await all(csv(path))).toEqual([
    { question: '2 + 3, please', answer: '5' },
    { question: 'say "hi"', answer: 'two\nlines' },
  ]);
});

test('its rows know their file and the line on which they end', async () => {
  const path = written('places.csv', 'q,a\n1,"x\ny"\n\n2,z\n');
  const name = relative(process.cwd(), path);
  expect((await all(csv(path))).map((row, index) => rowLabel(index, factsOf(row)?.location))).toEqual([
    `0 (${name}:3)`,
    `1 (${name}:5)`,
  ]);
});

test('is read as its rows are used, again each time', async () => {
  const path = written('huge.csv', `q\n${'what?\n'.repeat(200_000)}`);
  const rows = csv(path);
  for (let times = 0; times < 2; times += 1) {
    for await (const row of rows) {
      expect(row).toEqual({ q: 'what?' });
      break;
    }
  }
});

test.each([
  ['a row too short', 'q,a\n1,2\n3\n', /:3 is no row: Invalid Record Length/],
  ['a quote that never ends', 'q,a\n1,"2\n', /:2 begins a row with a quote that does not end\.$/],
  ['a column named twice', 'q,a,q\n1,2,3\n', /:1 names the column "q" twice\.$/],
  ['a column without a name', 'q,,a\n1,2,3\n', /:1 has a column without a name\.$/],
])('%s is named by file and line', async (_what, content, message) => {
  const path = written('wrong.csv', content);
  const error = await caught(all(csv(path)));
  expect(error.code).toBe('EVAL_INVALID');
  expect(error.message).toContain(`csv(): ${relative(process.cwd(), path)}:`);
  expect(error.message).toMatch(message);
});

test('a file that cannot be read is named by its whole path', async () => {
  for (const path of [`${__dirname}/none.csv`, __dirname]) {
    const error = await caught(all(csv(path)));
    expect(error.message).toContain(`csv(): ${path} cannot be read: E`);
  }
});

test('rows without any value are none', async () => {
  const path = written('empty.csv', 'q,a\n1,2\n,\n" ",\n3,4\n');
  expect(await all(csv(path))).toEqual([
    { q: '1', a: '2' },
    { q: '3', a: '4' },
  ]);
});

test('another separator is an option', async () => {
  const path = written('semicolons.csv', 'q;a\n1,5;2\n');
  expect(await all(csv(path, { separator: ';' }))).toEqual([{ q: '1,5', a: '2' }]);
  expect(() => csv(path, { separator: '' })).toThrow('csv(): separator is ""; it must be a text.');
});

test.each([
  [';', ';'],
  ['\t', '\\t'],
  ['|', '|'],
])('a missing column says that the header has %j in it', async (separator, shown) => {
  const path = written('other.csv', `q${separator}a \n1${separator}2\n`);
  const error = await caught(readSamples(['q'], csv(path)).then(all));
  expect(error.message).toBe(
    `foreach(): row 0 (${relative(process.cwd(), path)}:2) has no column "q"; it has ${JSON.stringify(`q${separator}a `)}; its header has "${shown}" in it: csv(path, { separator: '${shown}' }).`,
  );
});

test('a long quote that does not end is reported where it begins', async () => {
  const path = written('long-quote.csv', `q,a\n1,2\n3,"4\n${'5,6\n'.repeat(1000)}`);
  expect((await caught(all(csv(path)))).message).toContain(':3 begins a row with a quote that does not end.');
});
