/** A text in which numbers have one form, and where each of its characters stands in the original. */
export interface FamiliarText {
  readonly text: string;
  /** For every index of `text`, and for its end, the index in the original. */
  readonly origin: readonly number[];
}

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const dashes = /[\u2010-\u2013\u2212\ufe63\uff0d]/;
const signs: Readonly<Record<string, string>> = {
  '٫': '.',
  '٬': ',',
  '．': '.',
  '，': ',',
  '：': ':',
  '／': '/',
};

/**
 * Writes digits of any script as ASCII, dashes that serve as a minus as `-`, superscripts as powers (`10⁻³` is
 * `10^-3`) and fractions of one letter as three (`½` is `1/2`).
 */
export function familiarDigits(original: string): FamiliarText {
  let text = '';
  const origin: number[] = [];
  let isRaised = false;
  let at = 0;
  for (const letter of original) {
    const raised = raisedForm(letter);
    const form = raised === undefined ? plainForm(letter) : isRaised ? raised : `^${raised}`;
    isRaised = raised !== undefined;
    text += form;
    for (let index = 0; index < form.length; index += 1) origin.push(at);
    at += letter.length;
  }
  origin.push(at);
  return { text, origin };
}

function raisedForm(letter: string): string | undefined {
  if (letter === '⁻') return '-';
  if (letter === '⁺') return '+';
  const digit = superscripts.indexOf(letter);
  return digit === -1 ? undefined : String(digit);
}

function plainForm(letter: string): string {
  if (letter <= '\x7f') return letter;
  const sign = signs[letter];
  if (sign !== undefined) return sign;
  if (dashes.test(letter)) return '-';
  if (/\p{Nd}/u.test(letter)) return String(digitOf(letter.codePointAt(0) ?? 0));
  const parts = /^(\d+)\u2044(\d+)$/.exec(letter.normalize('NFKC'));
  return parts === null ? letter : ` ${parts[1]}/${parts[2]}`;
}

/** Digits of a script are ten in a row: https://www.unicode.org/reports/tr44/#Numeric_Type */
function digitOf(code: number): number {
  let before = 0;
  while (/\p{Nd}/u.test(String.fromCodePoint(code - before - 1))) before += 1;
  return before % 10;
}
