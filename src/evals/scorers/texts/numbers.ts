import { decimalForm } from './decimal-form';
import { familiarDigits } from './familiar-digits';

/** A number that stands in a text. */
export interface FoundNumber {
  /** How it is written there. */
  readonly written: string;
  /** Undefined if it cannot be read. */
  readonly value: number | undefined;
  /** Why it cannot be read; empty if it can. */
  readonly problem: string;
}

/** What a form of numbers reads: its value, or why it has none. */
type Reading = number | string;

interface Form {
  readonly pattern: RegExp;
  readonly read: (groups: Readonly<Record<string, string | undefined>>, written: string) => Reading;
}

// Separators of thousands: commas, underscores, apostrophes, narrow spaces, and those of LaTeX.
const separator = String.raw`(?<separator>,\\!|,|_|'|\u2019|\u00a0|\u202f|\u2009|\{,\}|\\[,:; !])`;
const unsigned = [
  String.raw`\d{1,3}${separator}\d{3}(?:\k<separator>\d{3})*(?!\d)(?:\.\d+)?`,
  // As in India: 12,34,567.
  String.raw`\d{1,2}(?:,\d{2})+,\d{3}(?!\d)(?:\.\d+)?`,
  // A single space may stand between two numbers as well.
  String.raw`\d{1,3}(?: \d{3}){2,}(?!\d)(?:\.\d+)?`,
  String.raw`\d+(?:\.\d+)?`,
  String.raw`\.\d+`,
].join('|');
// Taken as it is: no shorter one is tried if what follows does not fit.
const whole = String.raw`(?=(?<all>${unsigned}))\k<all>`;
// Two asterisks may also end what is bold: "**42**".
const power = String.raw`(?:\s*\^\s*\{?\s*|\*\*|[ \t]+\*\*[ \t]+)(?<exponent>[-+]?\d+)\}?`;
const inside = String.raw`(?:[^{}]|\{,\})*`;
const times = String.raw`\s*(?:\\times|\\cdot|[×·⋅*xX])\s*`;

// In the order in which they are tried where a number begins.
const forms: readonly Form[] = [
  form(String.raw`(?:\\sqrt\b|√)\s*(?:\[[^\]]*\])?\s*(?:\{[^{}]*\}|[\d.]+)?`, () => 'it is a root'),
  form(String.raw`0[xXbBoO][\da-fA-F]+`, () => 'it is not decimal'),
  form(
    String.raw`\d*\.\d*(?:\\(?:overline|bar|dot)\s*(?:\{\d+\}|\d)|(?<=\d)[\u0304\u0305\u0307]|\(\d+\))`,
    () => 'its digits repeat',
  ),
  form(
    String.raw`(?:(?<whole>\d+)\s*)?\\[dt]?frac\s*\{(?<top>${inside})\}\s*\{(?<bottom>${inside})\}`,
    ({ whole, top, bottom }) => fraction(whole, top, bottom),
  ),
  // TeX takes the next digit where there are no braces.
  form(
    String.raw`(?:(?<whole>\d+)\s*)?\\[dt]?frac\s*(?<top>\d|\{\d+\})\s*(?<bottom>\d|\{\d+\})`,
    ({ whole, top, bottom }) => fraction(whole, top, bottom),
  ),
  form(
    String.raw`\d{1,4}(?<between>[-/.])\d{1,2}\k<between>\d{1,4}(?!\d)`,
    () => 'it may be a date or a version',
  ),
  form(
    String.raw`(?:(?<whole>\d+)\s+)?(?<top>\d+)\s*[/\u2044]\s*(?<bottom>\d+)(?!\s*[/\d]|\.\d)`,
    ({ whole, top, bottom }) => fraction(whole, top, bottom),
  ),
  form(String.raw`(?<mantissa>${unsigned})${times}10${power}`, ({ mantissa, exponent }) =>
    Number(`${plain(mantissa)}e${exponent ?? ''}`),
  ),
  form(String.raw`10${power}`, ({ exponent }) => Number(`1e${exponent ?? ''}`)),
  form(String.raw`(?:${unsigned})${power}`, () => 'it is a power'),
  form(
    String.raw`\d{1,3} \d{3}(?:\.\d+)?(?!\d| \d{3}(?!\d))`,
    () => 'its space may be one between two numbers',
  ),
  // The first of a list without spaces: 1,2,3.
  form(String.raw`\d{1,2}(?=(?:,\d{1,2}){2,}(?![\d,]|\.\d))`, (_groups, written) => Number(written)),
  form(String.raw`\d{1,2}(?<=\d,\d{1,2})(?=(?:,\d{1,2})*(?![\d,]|\.\d))`, (_groups, written) =>
    Number(written),
  ),
  form(
    String.raw`${whole}(?:[.,:'\u2019]|\{,\})\d[\d.,:'\u2019{}]*(?<=[\d}])`,
    () => 'its separators can be read in two ways',
  ),
  form(
    String.raw`(?:${unsigned})(?: ?(?:[Bb]n|[Mm]n|[Mm]io|[Mm]rd)|[kKMBT])(?![\p{L}\p{N}])`,
    () => 'its last letter may stand for a multiple',
  ),
  form(
    String.raw`(?:${unsigned})\s*(?:\\pi\b|π|\\infty|∞|(?:\\sqrt|√)\s*(?:\{[^{}]*\}|[\d.]+)?)`,
    () => 'it is the multiple of something',
  ),
  form(
    String.raw`(?<mantissa>${unsigned})\s*(?<multiple>[Hh]undred|[Tt]housand|[Ll]akh|[Mm]illion|[Cc]rore|[Bb]illion|[Tt]rillion)(?![\p{L}])`,
    ({ mantissa, multiple = '' }) => Number(plain(mantissa)) * Number(multiples[multiple.toLowerCase()]),
  ),
  form(String.raw`(?:${unsigned})(?:[eE][-+]?\d+)?`, (_groups, written) => Number(plain(written))),
];
const multiples: Readonly<Record<string, number>> = {
  ...{ hundred: 1e2, thousand: 1e3, lakh: 1e5, million: 1e6, crore: 1e7, billion: 1e9, trillion: 1e12 },
};

// Where a number may begin: with a sign, with a currency, with LaTeX, or with itself.
const beginning = /[-+]|\\?[$€£¥₹]|\\sqrt|√|\\[dt]?frac|\.?\d/g;
const currency = /^\\?[$€£¥₹]\s?/;
// Digits of a word (GPT-4), an index, an exponent or a version are no numbers. Scripts without spaces have no words to be
// part of.
const within =
  /(?:[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\d_]|\p{L}{2}-|\d\.|[_^]\s*\{?\s*[-+]?|\d\s*±\s*)$/u;
// A sign counts where no word, number or bracket ends, so that "7-3" is 7 and 3; with a space after it only
// behind an equals sign or a colon, since it may begin an item of a list.
const ending = /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\d)\].,}]$/u;
const equals = /[=≈:]\s*$/;
// Where it takes nothing away from a number or a letter before it.
const minusInWords = /(?<![\p{L}\p{N}])(?<!(?:[\d)\]}]|(?<!\p{L})\p{L})\s*)(?:minus|negative)\s+$/iu;
const multiplied = /^\s*(?:\\pi\b|π|\\sqrt|√|\\infty|∞)/;

/** All numbers of a text, in their order, those that cannot be read included. */
export function numbersIn(original: string): FoundNumber[] {
  const { text, origin } = familiarDigits(original);
  const found: FoundNumber[] = [];
  beginning.lastIndex = 0;
  for (let match = beginning.exec(text); match !== null; match = beginning.exec(text)) {
    const at = match.index;
    const number = numberAt(text, at);
    if (number === undefined) {
      beginning.lastIndex = at + 1;
      continue;
    }
    beginning.lastIndex = Math.max(number.end, at + 1);
    const written = original.slice(origin[number.begin], origin[number.end]).trim();
    const isRead = typeof number.reading === 'number' && Number.isFinite(number.reading);
    found.push({
      written,
      value: isRead ? (number.reading as number) : undefined,
      problem: isRead ? '' : typeof number.reading === 'string' ? number.reading : 'it is beyond all numbers',
    });
  }
  return found;
}

/**
 * The digits of a number that is written as digits, with or without an exponent, in one form for each value;
 * undefined for all other forms. Two long numbers may be one double, and differ.
 */
export function decimalDigits(written: string): string | undefined {
  return decimalForm(plain(familiarDigits(written).text).replace(/^([-+]?)\s*\\?[$€£¥₹]?\s?/, '$1'));
}

function numberAt(text: string, at: number): { begin: number; end: number; reading: Reading } | undefined {
  const before = text.slice(Math.max(0, at - 24), at);
  const minus = minusInWords.exec(before)?.[0].length ?? 0;
  const sign = /[-+]/.test(text.charAt(at)) ? text.charAt(at) : '';
  const gap = sign === '' ? 0 : (/^\s*/.exec(text.slice(at + 1, at + 13))?.[0].length ?? 0);
  if (sign !== '' && (ending.test(before) || within.test(before) || (gap > 0 && !equals.test(before))))
    return undefined;
  let start = at + sign.length + gap;
  start += currency.exec(text.slice(start, start + 4))?.[0].length ?? 0;
  if (start === at && within.test(before)) return undefined;
  for (const { pattern, read } of forms) {
    pattern.lastIndex = start;
    const match = pattern.exec(text);
    if (match === null) continue;
    const end = start + match[0].length;
    const reading = /±\s*$/.test(before)
      ? 'it is a tolerance'
      : multiplied.test(text.slice(end, end + 12))
        ? 'it is the multiple of something'
        : read(match.groups ?? {}, match[0]);
    const isNegative = (sign === '-') !== minus > 0;
    return {
      begin: minus > 0 ? at - minus : sign === '' ? start : at,
      end,
      reading: typeof reading === 'number' && isNegative ? -reading : reading,
    };
  }
  return undefined;
}

function form(pattern: string, read: Form['read']): Form {
  return { pattern: new RegExp(pattern, 'uy'), read };
}

function fraction(whole = '0', top = '', bottom = ''): Reading {
  const [a, b, c] = [whole, top, bottom].map((part) => {
    const digits = plain(part.trim()).replace(/^\{(.*)\}$/, '$1');
    return /^[-+]?\d+(?:\.\d+)?$/.test(digits) ? Number(digits) : NaN;
  }) as [number, number, number];
  const value = a + b / c;
  return Number.isFinite(value) ? value : 'it is a fraction of what is no number';
}

function plain(written = ''): string {
  return written.replace(/\{,\}|\\[,:; !]|[,_'\u2019\u00a0\u202f\u2009 ]/g, '');
}
