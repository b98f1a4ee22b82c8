import { relative } from 'node:path';
import fc from 'fast-check';
import { csv } from '../../../src/evals/data-sets/csv';
import { DataFile } from '../../../src/evals/data-sets/data-file';
import { decodedText } from '../../../src/evals/data-sets/decoded-text';
import { jsonl } from '../../../src/evals/data-sets/jsonl';
import { caught } from '../../support/caught';
import { all, written } from './temporary-folder';

const text = 'q,a\n"Zoë, 𝄞","naïve"\n';

test.each([
  ['UTF-8', Buffer.from(text)],
  ['UTF-8 with a mark', Buffer.from(`\ufeff${text}`)],
  ['UTF-16 with a mark', Buffer.from(`\ufeff${text}`, 'utf16le')],
  ['UTF-16 the other way round, with a mark', Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
])('%s needs no option', async (_what, bytes) => {
  expect(await all(csv(written('marked.csv', bytes)))).toEqual([{ q: 'Zoë, 𝄞', a: 'naïve' }]);
});

test('another encoding is read where it is named', async () => {
  const excel = written('excel.csv', Buffer.from('q;a\nZoë;na\xefve \x80\n', 'latin1'));
  const rows = csv(excel, { separator: ';', encoding: 'windows-1252' });
  expect(await all(rows)).toEqual([{ q: 'Zoë', a: 'naïve €' }]);
  const lines = written('latin.jsonl', Buffer.from('{"q":"Zo\xeb"}', 'latin1'));
  expect(await all(jsonl(lines, { encoding: 'latin1' }))).toEqual([{ q: 'Zoë' }]);
});

test.each([
  ['csv', csv, 'q,a\n1,2\nZo\xeb,3\n', 3],
  ['jsonl', jsonl, '{"q":1}\n{"q":"Zo\xeb"}\n', 2],
] as const)('%s names the line and the byte that is no UTF-8', async (format, read, content, line) => {
  const path = written(`bytes.${format}`, Buffer.from(content, 'latin1'));
  const error = await caught(all(read(path)));
  expect([error.code, error.message]).toEqual([
    'EVAL_INVALID',
    `${format}(): ${relative(process.cwd(), path)}:${line} has the byte 0xEB, which is no UTF-8 there; save the file as UTF-8, or say what it is, for example { encoding: 'windows-1252' }.`,
  ]);
});

test('the byte is found wherever it stands, also behind many others and at the end', async () => {
  const line = `{"q":"${'ä€𝄞'.repeat(50)}"}\n`;
  for (const [before, byte] of [
    [0, 0x80],
    [400, 0xc3],
    [2000, 0xff],
  ] as const) {
    const path = written('far.jsonl', Buffer.concat([Buffer.from(line.repeat(before)), Buffer.from([byte])]));
    const error = await caught(all(jsonl(path)));
    expect(error.message).toContain(
      `:${before + 1} has the byte 0x${byte.toString(16).toUpperCase()}, which is no UTF-8`,
    );
  }
});

test('a byte that is none of a named encoding is red with its line', async () => {
  const path = written('undefined.csv', Buffer.from('q\na\n\x81\n', 'latin1'));
  expect((await caught(all(csv(path, { encoding: 'windows-1252' })))).message).toBe(
    `csv(): ${relative(process.cwd(), path)}:3 has a byte that is no windows-1252.`,
  );
});

test('a line break is one of the text, not any byte that has its number', async () => {
  // In UTF-16 the letter ਊ has the bytes 0A 0A.
  const path = written('lines.csv', Buffer.from('\ufeffਊ\nਊ\n\ud800x\n', 'utf16le'));
  expect((await caught(all(csv(path)))).message).toContain('lines.csv:3 has the byte');
});

test('a character that is cut by the pieces in which a file is read does not count as wrong', async () => {
  const before = Buffer.concat([Buffer.alloc(65_535, 'x'), Buffer.from('\x82\xa0\n', 'latin1')]);
  const path = written('japanese.csv', Buffer.concat([before, Buffer.from('\xff\n', 'latin1')]));
  expect((await caught(all(csv(path, { encoding: 'shift_jis' })))).message).toContain(
    'japanese.csv:2 has a byte that is no shift_jis.',
  );
});

test('half a pair is no UTF-16', async () => {
  const path = written('half.csv', Buffer.from('\ufeffq\n\ud800x\n', 'utf16le'));
  expect((await caught(all(csv(path)))).message).toContain('which is no UTF-16LE there.');
});

test('an option that there is none of, or no encoding, is refused at once', () => {
  expect(() => csv('a.csv', { encoding: 'excel' })).toThrow(
    'csv(): encoding is "excel"; it must be a label of an encoding, such as \'windows-1252\'.',
  );
  expect(() => jsonl('a.jsonl', { separator: ';' } as never)).toThrow(
    'jsonl(): there is no option separator; there are encoding, numbers.',
  );
});

test('what Node writes is read back, however it is cut into pieces', async () => {
  const encodings = ['utf8', 'utf16le'] as const;
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(...encodings),
      async (content, encoding) => {
        const filler = 'x'.repeat(65_536 - 3);
        const path = written('any.txt', Buffer.from(`\ufeff${filler}${content}`, encoding));
        const read = await all(decodedText(new DataFile('text', path)));
        expect(read.join('')).toBe(filler + content);
      },
    ),
    { numRuns: 30 },
  );
});
