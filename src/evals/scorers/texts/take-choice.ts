import { ChoiceTexts } from './choice-texts';
import { isLeftOut } from './left-out';

/** A way in which answers name a choice: returns the letters that it finds, of the given ones. */
type Sign = (answer: string, letters: string, texts: ChoiceTexts) => readonly string[];

const opening = String.raw`[\s*_"'\x60($\[]*(?:\\boxed\{)?(?:\\text(?:bf)?\{)?`;
const closing = String.raw`[\s*_"'\x60)$\].}:]*`;
// A letter of another script is no neighbour: "答案是B".
const alone = {
  before: String.raw`(?<![\p{Script=Latin}\p{N}]|[\p{L}\p{N}]['’])`,
  after: String.raw`(?![\p{Script=Latin}\p{N}]|['’]\p{L})`,
};
const announcing = String.raw`\b(?:[Aa]nswer|ANSWER|[Cc]hoice|CHOICE|[Oo]ption|OPTION|[Ff]inal|FINAL)(?:\s+is\b\s*:?|\s*:)`;
const concluding = String.raw`\b(?:[Ss]o|[Tt]hus|[Hh]ence|[Tt]herefore)\b[,:]?\s*(?:it is\b|it's\b)?`;
const noun = String.raw`(?:[Oo]ption|[Cc]hoice|[Ll]etter)?`;
// A small letter counts where no word follows it: "the answer is a dog". So does I: "the answer is I think".
const noWordAfter = String.raw`(?=[^\p{L}\p{N}]*(?:$|\n|[.,;:!?)\]}*"'\x60$]))`;

// From the surest to the least sure sign; the first that finds anything decides.
const signs: readonly Sign[] = [
  // The whole: "B", "(b)", "**B.**", "$\boxed{B}$", "Rome".
  (answer, letters, texts) => [
    ...find(answer, `^${opening}([${letters}])${closing}$`, 'gi').flat(),
    ...texts.equalTo(answer).map(letterOf),
  ],
  // "The answer is (B)", "Answer: b", "Final: B". The last one counts: others may have been weighed before.
  (answer, letters) => {
    const [sure, unsure] = [
      letters.replace('I', ''),
      letters.toLowerCase() + (letters.includes('I') ? 'I' : ''),
    ];
    const letter = `(?:(?<sure>[${sure}])${alone.after}|(?<unsure>[${unsure}])${alone.after}${noWordAfter})`;
    return find(answer, `${announcing}${opening}${noun}${opening}${letter}`, 'gu', letters).at(-1) ?? [];
  },
  // "answer b". Not "answer a question".
  (answer, letters) =>
    find(
      answer,
      String.raw`\b(?:[Aa]nswer|ANSWER)\s+${opening}([${letters}${letters.toLowerCase()}])${alone.after}${noWordAfter}`,
      'gu',
      letters,
    ).at(-1) ?? [],
  // "So B." behind all choices, once more.
  (answer, letters) =>
    find(
      answer,
      `${concluding}${opening}${noun}${opening}([${letters}])${alone.after}${noWordAfter}`,
      'gu',
    ).at(-1) ?? [],
  // "The answer is Rome".
  (answer, _letters, texts) => {
    const found = [...answer.matchAll(new RegExp(`${announcing}${opening}(?:the\\b)?`, 'gu'))];
    return found
      .flatMap(({ 0: all, index }) => texts.next(answer.slice(index + all.length)).map(letterOf))
      .slice(-1);
  },
  // A line of its own: "B", or "A, C".
  (answer, letters) => find(answer, `^${opening}([${letters}])${closing}$`, 'gim').flat(),
  (answer, letters) => {
    const lists = find(
      answer,
      `^${opening}([${letters}])(?=${closing}(?:,|;|/|&|\\+|and\\b|or\\b)${opening}[${letters}]\\b)`,
      'gm',
      letters,
    );
    return lists.filter((list) => list.length > 1).flat();
  },
  // The beginning of a line: "B) Rome".
  (answer, letters) => find(answer, `^${opening}([${letters}])\\**[).:](?!\\s*(?:or|and)\\b)`, 'gim').flat(),
  // The beginning of all: "Yes, there is no doubt."
  (answer, _letters, texts) => texts.beginning(answer).map(letterOf),
  // "It must be (B)."
  (answer, letters) => find(answer, String.raw`(?:\(|\*\*|\\boxed\{)([${letters}])[).:}*]`, 'g').flat(),
  // "It must be Rome."
  (answer, _letters, texts) => texts.mentionedIn(answer).map(letterOf),
  // "I take B", "I take A and B". Alone A and I are words.
  (answer, letters) => {
    const found = find(answer, `${alone.before}([${letters}])${alone.after}`, 'gu', letters);
    return found.filter((list) => list.length > 1 || !/[AI]/.test(String(list[0]))).flat();
  },
];

// Other forms of brackets, quotes and stops, which NFKC leaves as they are.
const punctuation: readonly (readonly [RegExp, string])[] = [
  [/[。｡।۔։]/g, '.'],
  [/[、،]/g, ','],
  [/؛/g, ';'],
  [/؟/g, '?'],
  [/[「『【《〈〔«“„‘]/g, '('],
  [/[」』】》〉〕»”’]/g, ')'],
];

/** The letter of the choice that an answer takes; undefined if it takes none or several. */
export function takeChoice(answer: string, choices: readonly string[]): string | undefined {
  const count = choices.length === 0 ? 26 : choices.length;
  const letters = Array.from({ length: count }, (_, index) => letterOf(index)).join('');
  const text = familiar(answer);
  const texts = new ChoiceTexts(choices);
  for (const sign of signs) {
    const taken = new Set(sign(text, letters, texts));
    if (taken.size > 0) return taken.size === 1 ? [...taken][0] : undefined;
  }
  return undefined;
}

/** The letter of a choice by its index, A for 0. */
export function letterOf(index: number): string {
  return String.fromCharCode(65 + index);
}

/** With the letters and the punctuation that the signs know: "Ｂ。" is "B.". */
function familiar(answer: string): string {
  const apostrophes = answer.replace(/(\p{L})’(\p{L})/gu, "$1'$2");
  return punctuation.reduce((text, [from, to]) => text.replace(from, to), apostrophes.normalize('NFKC'));
}

/**
 * The letters that a pattern finds.
 *
 * @param letters if given, each with those that are named together with it: "A and B", "A, C".
 */
function find(answer: string, pattern: string, flags: string, letters?: string): string[][] {
  const matches = [...answer.matchAll(new RegExp(pattern, `${flags}d`))];
  return matches.flatMap((match) => {
    if (isLeftOut(answer.slice(0, match.index))) return [];
    const group = match.slice(1).findIndex((letter: string | undefined) => letter !== undefined) + 1;
    const end = match.indices?.[group]?.[1] ?? 0;
    const others = letters === undefined ? [] : alsoNamed(answer.slice(end), letters);
    return [[String(match[group]), ...others].map((letter) => letter.toUpperCase())];
  });
}

function alsoNamed(rest: string, letters: string): string[] {
  const all = letters + letters.toLowerCase();
  const pattern = new RegExp(
    `^${closing}(?:(?:,|;|/|&|\\+)\\s*(?:and\\b|or\\b)?|and\\b|or\\b)${opening}([${all}])${alone.after}(?!\\s+(?:is|was|has|would|can)\\b)(?:${noWordAfter}|(?=\\s+(?:and|or|are|both)\\b))`,
    'du',
  );
  const named: string[] = [];
  let left = rest;
  for (let next = pattern.exec(left); next !== null; next = pattern.exec(left)) {
    named.push(String(next[1]));
    left = left.slice(next.indices?.[1]?.[1] ?? left.length);
  }
  // "C; A and B are wrong."
  return /^\s+are\s+(?:\w+\s+)?(?:wrong|incorrect|false|not|invalid)\b/.test(left) ? [] : named;
}
