import fc from 'fast-check';
import { printable, printableLines } from '../../src/base/printable';
import { keepSecret } from '../../src/base/secrets';

test.each([
  'plain text',
  '',
  '日本語 🤖 é',
  '100% $0 %s <b>',
  'שלום עולם, مرحبا بالعالم',
  // Persian and Sinhala cannot be spelt without non-joiners and joiners.
  'می\u200cخواهم',
  'ශ්\u200dරී ලංකා',
  '👩\u200d👩\u200d👧 👩🏽\u200d🚀 ❤\ufe0f\u200d🔥 🏳\ufe0f\u200d🌈',
  '1\ufe0f\u20e3 ☎\ufe0e ©\ufe0f',
  '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
  '葛\u{e0100}城',
  'e\u0301 שָׁלוֹם ไม่ नमस्ते',
])('%j stays as it is', (text) => {
  expect(printable(text)).toBe(text);
  expect(printableLines(text)).toBe(text);
});

test.each([
  ['two\nlines\r\nand a\ttab', 'two\\nlines\\r\\nand a\\ttab'],
  ['\u001b[31mred\u001b[0m', '\\u001b[31mred\\u001b[0m'],
  ['\u001b]0;title\u0007rest', '\\u001b]0;title\\u0007rest'],
  ['\u009b2Jcleared', '\\u009b2Jcleared'],
  ['\u0000null\u007f', '\\u0000null\\u007f'],
  ['back\bspace', 'back\\u0008space'],
  ['safe\u202egnp.exe', 'safe\\u202egnp.exe'],
  ['a\u2066b\u2069c\u200e', 'a\\u2066b\\u2069c\\u200e'],
  ['next\u2028line\u2029par', 'next\\u2028line\\u2029par'],
  ['pass\u200bword', 'pass\\u200bword'],
  ['pass\u200dword\u200c', 'pass\\u200dword\\u200c'],
  ['soft\u00adhyphen, a\ufeffmark', 'soft\\u00adhyphen, a\\ufeffmark'],
  ['می\u200c\u200cخ', 'می\\u200c\\u200cخ'],
  ['a\ufe0fb 👍\ufe01\ufe02', 'a\\ufe0fb 👍\\ufe01\\ufe02'],
  ['\u{e0068}\u{e0069}', '\\u{e0068}\\u{e0069}'],
  ['half \ud83d of one', 'half \\ud83d of one'],
  ['none \uffff', 'none \\uffff'],
])('%j is shown as %s', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('the lines and tabs of a message stay, what is in them is shown', () => {
  expect(printableLines('a:\n\t| \u001b[2Jb\r\n  c  ')).toBe('a:\n\t| \\u001b[2Jb\\r\n  c  ');
});

test('what is left out of a long text is counted', () => {
  const shown = printable(`${'x'.repeat(3000)}y`);
  expect(shown).toMatch(/^x+… \(\d,\d{3} more characters\)$/);
  expect(shown.length).toBeLessThanOrEqual(2000);
  const [, more] = /\((.*) more/.exec(shown) ?? [];
  expect(shown.indexOf('…') + Number(more?.replace(',', ''))).toBe(3001);
  expect(printable('x'.repeat(2000))).toBe('x'.repeat(2000));
});

test('each line of a message has a limit of its own', () => {
  const lines = printableLines(`${'x'.repeat(3000)}\n${'\u0000'.repeat(3000)}\nend`).split('\n');
  expect(lines).toHaveLength(3);
  expect(lines.every((line) => line.length <= 2000)).toBe(true);
  expect(lines[2]).toBe('end');
});

test('a secret is taken out before a text is cut', () => {
  keepSecret('a resource', 'secret-at-the-end');
  expect(printable(`${'x'.repeat(1950)}secret-at-the-end and more`)).not.toContain('secret');
});

const hostile = fc.string({
  maxLength: 3000,
  size: 'max',
  unit: fc.oneof(
    fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code)),
    fc.constantFrom('\u001b', '\u202e', '\u200d', '\ufe0f', '\u200b', '\n', '👩', 'ش', 'a', ' ', '\ud83d'),
  ),
});

test('whatever comes is one line without what a terminal obeys, and of 2,000 characters at most', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const shown = printable(text);
      expect(shown).not.toMatch(
        /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Noncharacter_Code_Point}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/u,
      );
      expect(shown.length).toBeLessThanOrEqual(2000);
      expect(printable(shown)).toBe(shown);
    }),
  );
});

test('whatever comes, what is shown says all of it that fits', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const shown = printable(text).replaceAll(/\\u\{(\w+)\}|\\u(\w{4})|\\([nrt])/g, (escape, long, short) =>
        long === undefined && short === undefined
          ? (JSON.parse(`"${escape}"`) as string)
          : String.fromCodePoint(parseInt((long ?? short) as string, 16)),
      );
      // A text with a backslash may look like an escape.
      if (!text.includes('\\')) expect(shown).toBe(text.trim());
    }),
  );
});
