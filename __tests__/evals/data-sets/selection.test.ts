import { readSamples, type Sample } from '../../../src/evals/data-sets/data-set';
import { noteFacts } from '../../../src/evals/data-sets/row-location';
import { requireSelection, type Selection } from '../../../src/evals/data-sets/selection';
import { caught } from '../../support/caught';
import { all } from './temporary-folder';

const numbers = Array.from({ length: 50 }, (_, index) => index);
const cellsOf = (samples: readonly Sample[]) => samples.map(({ cells }) => cells);

test('functions get the row as the data set has it, of whatever form', async () => {
  const given: unknown[] = [];
  const note = (row: unknown): string => `${given.push(row)}`;
  for (const [names, row] of [
    [
      ['a', 'b'],
      [1, 2],
    ],
    [['a'], { a: 1, other: 2 }],
    [['a'], 'text'],
  ] as const) {
    given.length = 0;
    await all(readSamples(names, [row], { filter: (each) => note(each) !== '', id: note, cluster: note }));
    expect(given).toEqual([row, row, row]);
  }
});

test('the limit stops the reading', async () => {
  let read = 0;
  let closed = false;
  function* rows() {
    try {
      for (;;) yield (read += 1);
    } finally {
      closed = true;
    }
  }
  expect(cellsOf(await all(readSamples(['n'], rows, { samples: 3 })))).toEqual([1, 2, 3]);
  expect([read, closed]).toEqual([3, true]);
});

test('a shuffle is an order of all rows that its seed alone decides', async () => {
  const shuffle = async (seed: number) => cellsOf(await all(readSamples(['n'], numbers, { shuffle: seed })));
  const order = await shuffle(1);
  expect(order).not.toEqual(numbers);
  expect([...order].sort((a, b) => Number(a) - Number(b))).toEqual(numbers);
  expect(await shuffle(1)).toEqual(order);
  expect(await shuffle(2)).not.toEqual(order);
});

test('a shuffle gives all orders alike', async () => {
  const counts = new Map<string, number>();
  for (let seed = 0; seed < 3000; seed += 1) {
    const order = cellsOf(await all(readSamples(['n'], ['a', 'b', 'c'], { shuffle: seed }))).join('');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  for (const count of counts.values()) expect(Math.abs(count - 500)).toBeLessThan(100);
});

test('the filter comes before the shuffle, and the shuffle before the limit', async () => {
  const filter = (n: number) => n % 2 === 1;
  const shuffled = cellsOf(await all(readSamples(['n'], numbers, { filter, shuffle: 7 })));
  expect(cellsOf(await all(readSamples(['n'], numbers, { filter, shuffle: 7, samples: 5 })))).toEqual(
    shuffled.slice(0, 5),
  );
  expect(shuffled).toHaveLength(25);
  expect(shuffled.every((n) => filter(n as number))).toBe(true);
});

test('a selected row keeps its position in the data set and its id', async () => {
  const whole = await all(readSamples(['n'], numbers));
  const [chosen] = await all(readSamples(['n'], numbers, { filter: (n) => n === 33 }));
  expect(chosen).toEqual({ ...whole[33], number: 0 });
});

test.each<[string, Selection<{ q: string; key: number; doc: string }>]>([
  ['columns that are not among the named ones', { id: 'key', cluster: 'doc' }],
  ['functions of the row', { id: ({ key }) => String(key), cluster: ({ doc }) => doc }],
])('id and cluster can be %s', async (_what, selection) => {
  const rows = [
    { q: 'same', key: 7, doc: 'x' },
    { q: 'same', key: 8, doc: 'x' },
  ];
  expect(await all(readSamples(['q'], rows, selection))).toEqual([
    { index: 0, number: 0, id: '7', cluster: 'x', cells: 'same' },
    { index: 1, number: 1, id: '8', cluster: 'x', cells: 'same' },
  ]);
});

test('a named column can be the id of rows that are arrays or bare values', async () => {
  const [row] = await all(readSamples(['key', 'q'], [['k1', 'why?']], { id: 'key' }));
  expect(row?.id).toBe('k1');
  const [bare] = await all(readSamples(['q'], ['why?'], { id: 'q' }));
  expect(bare?.id).toBe('why?');
});

test('two rows of one id are refused by both their names, with what to do', async () => {
  const rows = [{ q: 'a' }, { q: 'b' }, noteFacts({ q: 'a' }, { location: 'data/rows.jsonl:9' })];
  const error = await caught(all(readSamples(['q'], rows)));
  expect(error.code).toBe('EVAL_INVALID');
  expect(error.message).toMatch(
    /^foreach\(\): rows 0 and 2 \(data\/rows\.jsonl:9\) have the same id "[0-9a-f]{16}"; remove one, or name the rows: foreach\(.*\{ id: 'column' \}\)\.$/,
  );
});

test.each([
  ['functions', () => 1, () => 2],
  ['maps', new Map([[1, 1]]), new Map([[2, 2]])],
  ['symbols', Symbol('a'), Symbol('b')],
])('rows of %s, which JSON cannot tell apart, ask for an id', async (_what, one, other) => {
  const rows = [{ q: one }, { q: other }];
  const error = await caught(all(readSamples(['q'], rows)));
  expect(error.message).toContain('their values are no JSON, so give each an id');
  const id = (row: unknown) => String(rows.indexOf(row as never));
  expect(await all(readSamples(['q'], rows, { id }))).toHaveLength(2);
});

test.each<[string, Selection<{ q: string }>, string]>([
  ['a filter that leaves nothing', { filter: () => false }, 'filter leaves none of the 1 rows.'],
  [
    'a filter that is async',
    { filter: (async () => true) as never },
    'filter returned an object for row 0; it must return a boolean.',
  ],
  [
    'a filter that throws',
    { filter: () => (null as never as string[]).length > 0 },
    'filter threw for row 0: Cannot read properties of null',
  ],
  ['an id column that is missing', { id: 'key' }, 'row 0 has no column "key" for the option id.'],
  ['an empty id', { id: () => '' }, 'the id of row 0 is empty; it must be a text or a number.'],
  [
    'an id that is no text',
    { id: () => ({}) as never },
    'the id of row 0 is {}; it must be a text or a number.',
  ],
  ['an empty cluster', { cluster: () => '' }, 'the cluster of row 0 is empty; it must be'],
])('%s is refused', async (_what, selection, message) => {
  const error = await caught(all(readSamples(['q'], [{ q: 'a' }], selection)));
  expect(error.code).toBe('EVAL_INVALID');
  expect(error.message).toContain(`foreach(): ${message}`);
});

test('an empty data set has no samples, filtered or not', async () => {
  expect(await all(readSamples(['q'], [], { filter: () => false }))).toEqual([]);
});

test.each([
  [{ samples: 0 }, 'samples is 0; it must be a whole number of at least 1.'],
  [{ samples: 1.5 }, 'samples is 1.5;'],
  [{ samples: '10' }, 'samples is "10";'],
  [{ shuffle: true }, 'shuffle is true; it must be a seed, a whole number.'],
  [{ shuffle: 0.5 }, 'shuffle is 0.5;'],
  [{ filter: 'q' }, 'filter is "q"; it must be a function of a row.'],
  [{ id: '' }, 'id is ""; it must be the name of a column or a function of a row.'],
  [{ id: 7 }, 'id is 7;'],
  [{ cluster: [] }, 'cluster is [];'],
])('%j is refused before anything is read', (options, message) => {
  expect(() => requireSelection(options as Selection<never>)).toThrow(`foreach(): ${message}`);
});

test('what is left out, and all options at once, are fine', () => {
  requireSelection({});
  requireSelection({ samples: 1, shuffle: -3, filter: () => true, id: 'key', cluster: () => 'c' });
});
