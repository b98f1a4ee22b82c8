import { printable } from '../../src/pattern/printable';

test.each([
  ['plain text', 'plain text'],
  ['', ''],
  ['日本語 🤖 é', '日本語 🤖 é'],
  ['100% $0 %s <b>', '100% $0 %s <b>'],
  ['two\nlines\r\nand a\ttab', 'two lines and a tab'],
  ['\u001b[31mred\u001b[0m', '[31mred [0m'],
  ['\u001b]0;title\u0007rest', ']0;title rest'],
  ['\u009b2Jcleared', '2Jcleared'],
  ['\u0000null\u007f', 'null'],
  ['back\bspace', 'back space'],
  ['safe\u202egnp.exe', 'safe gnp.exe'],
  ['a\u2066b\u2069c', 'a b c'],
  ['next\u2028line\u2029par', 'next line par'],
])('%j is shown as %j', (text, shown) => {
  expect(printable(text)).toBe(shown);
});
