import { literalPattern } from '../../../base/literal-pattern';
import { isLeftOut } from './left-out';

// "12", "1.2", "3/4", "12 km", once their signs are gone.
const amount = /^\d[\d ]*(?: ?\p{L}{1,3})?$/u;

/** The texts of the choices of a question, as they are found in answers. */
export class ChoiceTexts {
  readonly #choices: readonly string[];
  /** The words alone; or the signs too, where they tell the choices apart: -1 and 1, C and C++. */
  readonly #form: (text: string) => string;
  /** The longest first: "New York" does not mention York. */
  readonly #pattern: RegExp | undefined;

  constructor(choices: readonly string[]) {
    const words = choices.map(wordsOf);
    const areWords =
      new Set(words).size === choices.length && words.every((text) => text !== '' && !amount.test(text));
    this.#form = areWords ? wordsOf : signsOf;
    this.#choices = choices.map(this.#form);
    const texts = [...new Set(this.#choices)]
      .filter((text) => text !== '')
      .sort((a, b) => b.length - a.length);
    if (texts.length > 0) this.#pattern = new RegExp(texts.map(wholeText).join('|'), 'gu');
  }

  /** The indexes of the choices that an answer is, and nothing else. */
  equalTo(answer: string): number[] {
    const text = this.#form(answer);
    return text === '' ? [] : this.#indexesOf([text]);
  }

  /** Those that an answer mentions, but for those that it leaves out. */
  mentionedIn(answer: string): number[] {
    return this.#indexesOf(this.#matchesIn(answer).flatMap(({ text, isOut }) => (isOut ? [] : [text])));
  }

  /** The one that an answer begins with, if a clause ends there: "Yes, …". */
  beginning(answer: string): number[] {
    const [all = '', clause = ''] =
      /^((?:[^,.:;!\n–—]|[.,](?=\d))*?)(?:[,.:;!\n–—]|\s-\s)/u.exec(answer.trim()) ?? [];
    // "Paris, Rome and Oslo" is a list.
    return clause === '' || this.next(answer.trim().slice(all.length)).length > 0 ? [] : this.equalTo(clause);
  }

  /** The one that a text goes on with. */
  next(rest: string): number[] {
    const first = this.#matchesIn(rest)[0];
    return first?.at === 0 ? this.#indexesOf([first.text]) : [];
  }

  #matchesIn(answer: string): { text: string; at: number; isOut: boolean }[] {
    if (this.#pattern === undefined) return [];
    const text = this.#form(answer);
    return [...text.matchAll(this.#pattern)].map((match) => ({
      text: match[0],
      at: match.index,
      isOut: isLeftOut(text.slice(0, match.index)),
    }));
  }

  #indexesOf(texts: readonly string[]): number[] {
    return this.#choices.flatMap((text, index) => (texts.includes(text) ? [index] : []));
  }
}

/** A text that is no part of a longer word or number. */
function wholeText(text: string): string {
  const before = /^\d/.test(text)
    ? String.raw`(?<![\p{L}\p{N}]|\d[.,]|(?:^|[\s(=:])-)`
    : String.raw`(?<![\p{L}\p{N}])`;
  const after = /[\p{L}\p{N}]$/u.test(text) ? String.raw`(?![\p{L}\p{N}+#]|[.,/]\d)` : '';
  return `${before}${literalPattern(text)}${after}`;
}

/** The words alone, a space between each. */
function wordsOf(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** With all signs but those around a text, and those of Markdown and LaTeX. */
function signsOf(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\u2010-\u2013\u2212]/g, '-')
    .replace(/[*`$"\\{}]/g, '')
    .replace(/\s*([=<>≤≥≠])\s*/g, '$1')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/(?<=.)[.;:,]$/, '');
}
