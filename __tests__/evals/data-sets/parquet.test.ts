import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { factsOf } from '../../../src/evals/data-sets/row-location';
import { parquet } from '../../../src/evals/data-sets/parquet';
import { decimalsAsText, withStoredDecimals } from '../../../src/evals/data-sets/parquet-decimals';
import { enterOwnRuntime, leaveRuntimeAfterEach, type OwnSessionClient } from '../../pattern/own-runtime';
import { ownPlaces } from '../../support/own-places';

const places = ownPlaces();
leaveRuntimeAfterEach();
let client: OwnSessionClient;
beforeEach(() => (client = enterOwnRuntime({})));

const fixture = (name: string): string => join(__dirname, '../../fixtures', name);

async function all<Row>(rows: AsyncIterable<Row>): Promise<Row[]> {
  const read: Row[] = [];
  for await (const row of rows) read.push(row);
  return read;
}

const refusal = (path: string): Promise<unknown> =>
  all(parquet(path)).then(
    () => 'nothing',
    (error: unknown) => error,
  );

it('its rows are plain objects, of all row groups, in order, as often as they are read', async () => {
  const rows = parquet(fixture('questions.parquet'));
  const expected = [
    { question: '2 + 3', answer: 5, tags: ['easy'] },
    { question: '4 + 4', answer: 8, tags: ['easy', 'same'] },
    { question: '10 + 1', answer: 11, tags: [] },
  ];
  expect(await all(rows)).toEqual(expected);
  expect(await all(rows)).toEqual(expected);
  expect(JSON.stringify(await all(rows))).toBe(JSON.stringify(expected));
});

it('its rows know their file and their number, from 1', async () => {
  const found = (await all(parquet(fixture('questions.parquet')))).map((row) => factsOf(row)?.location);
  expect(found).toEqual(
    [1, 2, 3].map((row) => expect.stringMatching(`questions\\.parquet:${row}$`) as string),
  );
});

it('without hyparquet it says what to install', async () => {
  client.importPackage = () => Promise.reject(new Error('Cannot find package'));
  expect(await refusal(fixture('questions.parquet'))).toMatchObject({
    code: 'DEPENDENCY_MISSING',
    message: expect.stringMatching(/questions\.parquet .*Run: npm i -D hyparquet$/) as string,
  });
});

it('a compression that needs another package says which one', async () => {
  expect(await refusal(fixture('zstd.parquet'))).toMatchObject({
    code: 'DEPENDENCY_MISSING',
    message: expect.stringMatching(
      /zstd\.parquet is compressed by ZSTD, .*npm i -D hyparquet-compressors$/,
    ) as string,
  });
});

it('a file that is absent, or that is none, is refused by its name', async () => {
  const absent = join(places.directory, 'absent.parquet');
  expect(await refusal(absent)).toMatchObject({
    code: 'EVAL_INVALID',
    message: expect.stringContaining(`parquet(): ${absent} cannot be read: `) as string,
  });
  const other = join(places.directory, 'other.parquet');
  writeFileSync(other, 'question,answer\n');
  expect(await refusal(other)).toMatchObject({ code: 'EVAL_INVALID' });
  const cut = join(places.directory, 'cut.parquet');
  copyFileSync(fixture('questions.parquet'), cut);
  writeFileSync(cut, 'PAR1', { flag: 'r+' });
  writeFileSync(cut, Buffer.alloc(200), { flag: 'r+' });
  expect(await refusal(cut)).toMatchObject({ code: 'EVAL_INVALID' });
});

// Written by pyarrow 26: as integers with a dictionary, and as bytes without one.
it.each(['decimals', 'decimals-in-bytes'])(
  'decimals keep their digits as texts: %s.parquet',
  async (name) => {
    const rows = await all(parquet(fixture(`${name}.parquet`)));
    expect(rows.map(({ small, middle, large, whole }) => [small, middle, large, whole])).toEqual([
      ['1.10', '0.30', '12345678901234567890123456789.123456789', '9007199254740993'],
      ['-0.05', '1234567890123456.78', '-0.000000001', null],
      [null, '-1234567890123456.78', '0.000000000', '-1'],
      ['9999999.99', null, null, '0'],
    ]);
    expect(rows[0]).toMatchObject({
      ...{ lists: ['0.1', null, '0.3'], item: { price: '0.30', q: 'a' }, prices: { eur: '1.50' } },
      ...{ rows: [{ p: '0.7' }], name: 'a' },
    });
    expect(rows[3]).toMatchObject({
      ...{ lists: ['2.0'], item: { price: '7.00', q: null }, prices: { usd: '2.25', x: null } },
      ...{ rows: [{ p: '1.1' }, { p: null }], name: 'd' },
    });
  },
);

it('integers of 64 bits are numbers, or texts where a number cannot hold them', async () => {
  const rows = await all(parquet(fixture('decimals.parquet')));
  expect(rows.map(({ id, uid }) => [id, uid])).toEqual([
    [1, 1],
    ['9007199254740993', '18446744073709551615'],
    ['-9223372036854775808', '9007199254740992'],
    [null, null],
  ]);
});

it('a decimal of an array of bytes, or with the newer annotation alone, is one too', () => {
  const element = { name: 'price', type: 'BYTE_ARRAY', logical_type: { type: 'DECIMAL', scale: 2 } };
  expect(withStoredDecimals([element])).toEqual([{ name: 'price', type: 'FIXED_LEN_BYTE_ARRAY' }]);
  const texts = [[0xff], [0x7f], [0x80, 0], []].map((bytes) =>
    decimalsAsText(Uint8Array.from(bytes), { element, children: [] }),
  );
  expect(texts).toEqual(['-0.01', '1.27', '-327.68', '0.00']);
});
