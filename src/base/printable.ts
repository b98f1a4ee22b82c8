import { beginning } from './cut';
import { redact } from './secrets';

/** The most characters of a line that is shown. */
const mostShown = 2000;
// For the note of how much was left out.
const noteLength = 40;

// What a terminal obeys or does not show: control characters, ends of lines, signs of direction and all else
// without a width, halves of characters, and code points that never are characters.
const mark = String.raw`[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\ufff9-\ufffb]`;

const joining = [
  ...[
    'Arabic',
    'Bengali',
    'Devanagari',
    'Gujarati',
    'Gurmukhi',
    'Kannada',
    'Khmer',
    'Malayalam',
    'Mongolian',
  ],
  ...['Myanmar', 'Oriya', 'Sinhala', 'Syriac', 'Tamil', 'Telugu'],
];
const joiningLetter = `[${joining.map((script) => String.raw`\p{Script=${script}}`).join('')}]`;

// Marks that belong to what is shown before them.
const spelling = [
  // The form of an emoji, a sign or a letter: https://www.unicode.org/reports/tr51/#Emoji_Variation_Sequences
  String.raw`(?<=[\p{Emoji}\p{Sm}\p{Script=Han}\p{Script=Mongolian}\p{Script=Myanmar}])\p{Variation_Selector}(?!\p{Variation_Selector})`,
  // An emoji of several: https://www.unicode.org/reports/tr51/#Emoji_ZWJ_Sequences
  String.raw`(?<=\p{Extended_Pictographic}[\ufe0f\p{Emoji_Modifier}]?)\u200d(?=\p{Extended_Pictographic})`,
  // The flag of a region: https://www.unicode.org/reports/tr51/#valid-emoji-tag-sequences
  String.raw`(?<=\u{1f3f4})[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{1,6}\u{e007f}`,
  // Whether letters join: https://www.unicode.org/reports/tr31/#Layout_and_Format_Control_Characters
  String.raw`(?<=${joiningLetter}(?:(?!${mark})\p{M})*)\p{Join_Control}(?!\p{Join_Control})`,
];
const marks = new RegExp(`(${spelling.join('|')})|${mark}`, 'gu');
const plainLine = /^[\x20-\x7e]*$/;

/**
 * Untrusted text (of models, servers, data, users) as one line of at most 2,000 characters, fit for a terminal:
 * secrets taken out, ends of lines, escape codes and what has no width as escapes such as `\u001b`.
 */
export function printable(text: string): string {
  return bounded(redact(text.trim()), escapeOf);
}

/** The same with the space around it: a title, by which tests and snapshots are found. */
export function printableTitle(title: string): string {
  return bounded(redact(title), escapeOf);
}

/** The same line by line, for text whose lines and tabs are meant: a message. */
export function printableLines(text: string): string {
  return redact(text)
    .split('\n')
    .map((line) => bounded(line, (letter) => (letter === '\t' ? letter : escapeOf(letter))))
    .join('\n');
}

function bounded(line: string, escape: (letter: string) => string): string {
  const visible = (end: number): string => {
    const text = line.slice(0, end);
    return plainLine.test(text)
      ? text
      : text.replace(marks, (letter, spelt?: string) => spelt ?? escape(letter));
  };
  // Escapes only make it longer.
  if (line.length <= mostShown) {
    const whole = visible(line.length);
    if (whole.length <= mostShown) return whole;
  }
  let [fits, tooMany] = [0, mostShown];
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2);
    if (visible(middle).length <= mostShown - noteLength) fits = middle;
    else tooMany = middle;
  }
  const end = beginning(line, fits).length;
  return `${visible(end)}… (${(line.length - end).toLocaleString('en')} more characters)`;
}

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escapeOf(letter: string): string {
  return named[letter] ?? codeOf(letter);
}

/** A character as the escape of JavaScript: `\u00a0`, `\u{e0041}`. */
export function codeOf(letter: string): string {
  const code = (letter.codePointAt(0) ?? 0).toString(16);
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`;
}
