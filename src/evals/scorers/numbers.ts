// A sign counts where no word, number or bracket ends, so that "7-3" is 7 and 3. Commas, underscores, apostrophes and narrow
// spaces part thousands only where three digits follow each; the decimal sign is a point. Digits of a word or a version are none.
const pattern =
  /(?:(?<![\p{L}\p{N})\].,])[-+\u2212](?=[$€£¥]?\.?\d)[$€£¥]?)?(?<![\p{L}\p{N}_]|\d\.)(?:\d{1,3}(?:([,_'\u2019\u00a0\u202f\u2009])\d{3})(?:\1\d{3})*(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?/gu;

/** A number in a text, and how it is written there. */
export interface FoundNumber {
  readonly written: string;
  readonly value: number;
}

/** All numbers of a text, in their order. */
export function numbersIn(text: string): FoundNumber[] {
  return [...text.matchAll(pattern)].map(([written]) => ({ written, value: valueOf(written) }));
}

function valueOf(written: string): number {
  return Number(written.replace('\u2212', '-').replace(/[,_'\u2019\u00a0\u202f\u2009$€£¥]/g, ''));
}
