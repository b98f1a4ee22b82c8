/** A way in which answers say what they take: the letters it finds, of those that there are. */
type Sign = (answer: string, letters: string, choices: readonly string[]) => readonly string[];

const opening = String.raw`[\s*_"'\x60($]*(?:\\boxed\{)?(?:\\text\{)?`;
const closing = String.raw`[\s*_"'\x60)$\].}:]*`;
const alone = { before: String.raw`(?<![\p{L}\p{N}'’])`, after: String.raw`(?![\p{L}\p{N}'’])` };

// From the surest to the least sure; the first that finds anything decides.
const signs: readonly Sign[] = [
  // The whole: "B", "(b)", "**B.**", "$\boxed{B}$".
  (answer, letters) => find(answer, `^${opening}([${letters}])${closing}$`, 'gi'),
  // The whole: "Rome".
  (answer, _letters, choices) => lettersOf(choices, (text) => plain(text) === plain(answer)),
  // "The answer is (B)", "Answer: B". The last one counts: others may have been weighed before.
  (answer, letters) => {
    const words = String.raw`\b(?:[Aa]nswer|ANSWER|[Cc]hoice|[Oo]ption)(?:\s+is\b\s*:?|\s*:)`;
    return find(answer, `${words}${opening}([${letters}])${alone.after}`, 'gu').slice(-1);
  },
  // A line of its own: "B", or the beginning of one: "B) Rome".
  (answer, letters) => find(answer, `^${opening}([${letters}])${closing}$`, 'gim'),
  (answer, letters) => find(answer, `^${opening}([${letters}])\\**[).:](?!\\s*(?:or|and)\\b)`, 'gim'),
  // "It must be (B)."
  (answer, letters) => find(answer, String.raw`(?:\(|\*\*|\\boxed\{)([${letters}])[).:}*]`, 'g'),
  // "It must be Rome."
  (answer, _letters, choices) => mentioned(answer, choices),
  // "I take B." Neither A nor I: they are words.
  (answer, letters) => find(answer, `${alone.before}([${letters.replace(/[AI]/g, '')}])${alone.after}`, 'gu'),
];

/** The letter of the choice that an answer takes; undefined if it takes none or several. */
export function takeChoice(answer: string, choices: readonly string[]): string | undefined {
  const count = choices.length === 0 ? 26 : choices.length;
  const letters = Array.from({ length: count }, (_, index) => letterOf(index)).join('');
  for (const sign of signs) {
    const taken = new Set(sign(answer, letters, choices));
    if (taken.size > 0) return taken.size === 1 ? [...taken][0] : undefined;
  }
  return undefined;
}

/** The letter of a choice by its place, A for 0. */
export function letterOf(index: number): string {
  return String.fromCharCode(65 + index);
}

function find(answer: string, pattern: string, flags: string): string[] {
  return [...answer.matchAll(new RegExp(pattern, flags))].map((match) => String(match[1]).toUpperCase());
}

function lettersOf(choices: readonly string[], isTaken: (text: string) => boolean): string[] {
  return choices.flatMap((text, index) => (isTaken(text) ? [letterOf(index)] : []));
}

// The longest first, each cut out where it stands: "New York" mentions no York.
function mentioned(answer: string, choices: readonly string[]): string[] {
  let rest = plain(answer);
  const texts = [...new Set(choices.map(plain))].sort((a, b) => b.length - a.length);
  const found = texts.filter((text) => {
    const without = rest.replaceAll(text, ' | ');
    const isThere = without !== rest;
    rest = without;
    return isThere;
  });
  return lettersOf(choices, (text) => found.includes(plain(text)));
}

/** The words alone, a space around each. */
function plain(text: string): string {
  return ` ${text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()} `;
}
