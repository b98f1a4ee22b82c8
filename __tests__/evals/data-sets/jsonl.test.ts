import fs from 'node:fs';
import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { jsonl } from '../../../src/evals/data-sets/jsonl';
import { factsOf, rowLabel } from '../../../src/evals/data-sets/row-location';
import { readSamples } from '../../../src/evals/data-sets/data-set';
import { caught } from '../../support/caught';
import { all, written } from './temporary-folder';

test('gives the value of every line that is not empty', async () => {
  const path = written('rows.jsonl', '\ufeff{"q":"a"}\r\n\n  \n[1,2]\n"text"\nnull');
  expect(await all(jsonl(path))).toEqual([{ q: 'a' }, [1, 2], 'text', null]);
});

test('reads back whatever JSON.stringify writes, line separators of Unicode and all', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          fc.json().map((text) => JSON.parse(text) as unknown),
          fc.string({ unit: 'binary' }),
        ),
      ),
      async (rows) => {
        const path = written('any.jsonl', rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
        expect(await all(jsonl(path))).toEqual(JSON.parse(JSON.stringify(rows)));
      },
    ),
    { numRuns: 50 },
  );
  expect(await all(jsonl(written('separators.jsonl', '"a\u2028b\u2029c"\n')))).toEqual(['a\u2028b\u2029c']);
});

test('a character may lie across the pieces in which a file is read', async () => {
  const rows = Array.from({ length: 3000 }, (_, index) => ({ index, text: 'ä€𝄞'.repeat(10) }));
  const path = written('long.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'));
  expect(await all(jsonl(path))).toEqual(rows);
});

test('its rows know their file and line', async () => {
  const path = written('places.jsonl', '{"q":1}\n\n{"q":2}\n');
  const [first, second] = await all(jsonl(path));
  const name = relative(process.cwd(), path);
  expect([rowLabel(0, factsOf(first)?.location), rowLabel(1, factsOf(second)?.location)]).toEqual([
    `0 (${name}:1)`,
    `1 (${name}:3)`,
  ]);
});

test('can be read again, and is a path from the spec’s folder, or a URL', async () => {
  const path = written('again.jsonl', '1\n2');
  const rows = jsonl(relative(__dirname, path));
  expect(await all(rows)).toEqual([1, 2]);
  expect(await all(rows)).toEqual([1, 2]);
  expect(await all(jsonl(pathToFileURL(path)))).toEqual([1, 2]);
});

test('is read as its rows are used, and closed when no more are wanted', async () => {
  const path = written('huge.jsonl', `${'{"question":"what?"}\n'.repeat(100_000)}`);
  const destroyed = jest.spyOn(fs.ReadStream.prototype, 'destroy');
  for await (const row of jsonl(path)) {
    expect(row).toEqual({ question: 'what?' });
    break;
  }
  const [stream] = destroyed.mock.contexts as fs.ReadStream[];
  destroyed.mockRestore();
  expect(stream?.path).toBe(path);
  expect(stream?.destroyed).toBe(true);
  expect(stream?.bytesRead).toBeLessThan(500_000);
});

test('a line that is no JSON is named by file and line', async () => {
  const path = written('torn.jsonl', '{"q":1}\n\n{"q":');
  const error = await caught(all(jsonl(path)));
  expect(error.code).toBe('EVAL_INVALID');
  expect(error.message).toContain(`jsonl(): ${relative(process.cwd(), path)}:3 is not JSON: `);
});

test('a line that is an array is one row, which is said where it cannot be one', async () => {
  const rows = jsonl(written('all.jsonl', '[{"q":"a"},{"q":"b"},{"q":"c"}]\n'));
  for (const names of [['q'], ['q', 'a']])
    expect(await caught(all(readSamples(names, rows)))).toMatchObject({
      code: 'EVAL_INVALID',
      message: expect.stringMatching(
        /all\.jsonl:1\) has 3 values for \d columns?; the line is an array, which is one row .* write each on a line of its own\.$/,
      ) as string,
    });
  expect(await all(readSamples(['q', 'a'], jsonl(written('pairs.jsonl', '["x","y"]\n'))))).toMatchObject([
    { cells: { q: 'x', a: 'y' } },
  ]);
});

test('a file that cannot be read is named by its whole path', async () => {
  for (const path of [`${__dirname}/none.jsonl`, __dirname]) {
    const error = await caught(all(jsonl(path)));
    expect(error.message).toContain(`jsonl(): ${path} cannot be read: E`);
  }
  expect(() => jsonl(7 as unknown as string)).toThrow(
    'jsonl(): the path is a number; it must be a text or a file: URL.',
  );
});

test('rows that are no objects have a file and a line too', async () => {
  const path = written('bare.jsonl', '"a"\n\nnull\n');
  const place = relative(process.cwd(), path);
  const samples = await all(await readSamples(['q'], jsonl(path)));
  expect(samples.map(({ location }) => location)).toEqual([`${place}:1`, `${place}:3`]);
  expect((await caught(readSamples(['q', 'a'], jsonl(path)).then(all))).message).toBe(
    `foreach(): row 0 (${place}:1) is a string, but 2 columns are named.`,
  );
});

test('a line of any length is put together once', async () => {
  const long = JSON.stringify({ text: 'x'.repeat(20_000_000) });
  const path = written('line.jsonl', long);
  // The time for it doubles with the length, where putting it together again and again makes it four times as long.
  // That of the processor: others may be running meanwhile.
  const start = process.cpuUsage();
  JSON.parse(long);
  const parsing = process.cpuUsage(start);
  const begin = process.cpuUsage();
  expect(await all(jsonl(path))).toHaveLength(1);
  const reading = process.cpuUsage(begin);
  expect(reading.user + reading.system).toBeLessThan(40 * (parsing.user + parsing.system) + 1_000_000);
});

describe('a line of 40 MB', () => {
  const line = JSON.stringify({ q: 'lorem ipsum '.repeat(3_500_000) });

  it('is read in as many turns of the event loop as it has pieces, each of which is looked at once', async () => {
    const path = written('line.jsonl', `${line}\n{"q":"b"}\n`);
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    let searched = 0;

    const search = String.prototype.indexOf;
    const spied = jest.spyOn(String.prototype, 'indexOf').mockImplementation(function (
      this: string,
      ...given: Parameters<typeof search>
    ) {
      const at = search.apply(this, given);
      searched += (at === -1 ? this.length : at) - (given[1] ?? 0);
      return at;
    });
    try {
      let turnsOfLine = 0;
      for await (const { q } of jsonl<{ q: string }>(path)) {
        turnsOfLine ||= turns;
        expect([42_000_000, 1]).toContain(q.length);
      }
      // A file is read in pieces of 64 KiB.
      expect(turnsOfLine).toBeGreaterThan(line.length / 65_536 / 2);
      expect(searched).toBeGreaterThan(line.length - 1);
      expect(searched).toBeLessThan(2 * line.length);
    } finally {
      isOver = true;
      spied.mockRestore();
    }
  });
});
