import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { locationOf } from '../../../src/evals/data-sets/row-location';
import { parquet } from '../../../src/evals/data-sets/parquet';
import { enterOwnRealm, leaveRealmAfterEach, type OwnHost } from '../../pattern/own-realm';
import { ownPlaces } from '../../process/own-places';

const places = ownPlaces();
leaveRealmAfterEach();
let host: OwnHost;
beforeEach(() => (host = enterOwnRealm({})));

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
  const found = (await all(parquet(fixture('questions.parquet')))).map(locationOf);
  expect(found).toEqual(
    [1, 2, 3].map((row) => expect.stringMatching(`questions\\.parquet:${row}$`) as string),
  );
});

it('without hyparquet it says what to install', async () => {
  host.importPackage = () => Promise.reject(new Error('Cannot find package'));
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
