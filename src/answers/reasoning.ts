import { literalPattern } from '../base/literal-pattern';

/** A text with the reasoning before it. */
export interface Split {
  /** Undefined if there is none. */
  readonly reasoning: string | undefined;
  readonly text: string;
}

// How models mark their reasoning: DeepSeek, Qwen and most others; Mistral; Kimi; Seed; Cohere; gpt-oss
// (https://cookbook.openai.com/articles/openai-harmony).
const marks = [
  ['<think>', '</think>'],
  ['<thinking>', '</thinking>'],
  ['<thought>', '</thought>'],
  ['<reasoning>', '</reasoning>'],
  ['[THINK]', '[/THINK]'],
  ['◁think▷', '◁/think▷'],
  ['<seed:think>', '</seed:think>'],
  ['<|START_THINKING|>', '<|END_THINKING|>'],
  ['<|channel|>analysis<|message|>', '<|end|><|start|>assistant<|channel|>final<|message|>'],
] as const;
const ends = marks.map(([, end]) => end);
const anyMark = new RegExp(marks.flat().map(literalPattern).join('|'));

/**
 * Takes the reasoning at the beginning of a text from what follows it: a block between two marks, or several;
 * or all that stands before an end mark without a begin, since the templates of some models open the block in
 * the prompt. Of a block that does not end everything is reasoning.
 *
 * @param isOpened whether the text begins inside of a block.
 */
export function splitReasoning(text: string, isOpened = false): Split {
  const filter = new ReasoningFilter(isOpened || beginsInside(text));
  const after = filter.push(text) + filter.end();
  return { reasoning: filter.reasoning, text: after };
}

/**
 * A text without the reasoning at its beginning, as the built-in scorers of texts read it: without
 * `<think>…</think>`, and without all that stands before an end mark that has no begin. A text without such
 * marks stays as it is; of a block that does not end nothing is left.
 *
 * @example
 * withoutReasoning('<think>2 and 3 …</think>\n5'); // '5'
 */
export function withoutReasoning(text: string): string {
  // Most texts have none, and scorers ask for each of them.
  return anyMark.test(text) ? splitReasoning(text).text : text;
}

/**
 * Takes the reasoning at the beginning out of a text that arrives in pieces. It holds nothing back but what
 * may become a mark.
 */
export class ReasoningFilter {
  readonly #blocks: string[] = [];
  /** What has arrived, and is not decided on. */
  #held = '';
  /** The marks one of which ends the block; undefined outside of one. */
  #ends: readonly string[] | undefined;
  #isPast = false;

  /** @param isOpened whether the text begins inside of a block. */
  constructor(isOpened: boolean) {
    if (isOpened) this.#open(ends);
  }

  /** Undefined if there was none so far. */
  get reasoning(): string | undefined {
    if (this.#blocks.length === 0) return undefined;
    return this.#blocks
      .map((block) => block.trim())
      .filter((block) => block !== '')
      .join('\n');
  }

  /** @returns the text that may be shown now. */
  push(piece: string): string {
    if (this.#isPast) return piece;
    this.#held += piece;
    for (;;) {
      if (this.#ends !== undefined && !this.#close(this.#ends)) return '';
      const start = this.#held.trimStart();
      const pair = marks.find(([begin]) => start.startsWith(begin));
      if (pair === undefined) {
        if (marks.some(([begin]) => begin.startsWith(start))) return '';
        this.#isPast = true;
        return this.#blocks.length === 0 ? this.#held : start;
      }
      this.#held = start.slice(pair[0].length);
      this.#open([pair[1]]);
    }
  }

  /** The rest of the text, when no more comes. */
  end(): string {
    if (this.#isPast) return '';
    if (this.#ends === undefined) return this.#blocks.length === 0 ? this.#held : this.#held.trimStart();
    this.#think(this.#held);
    return '';
  }

  #open(marksOfEnd: readonly string[]): void {
    this.#ends = marksOfEnd;
    this.#blocks.push('');
  }

  /** Whether the block has ended. */
  #close(marksOfEnd: readonly string[]): boolean {
    const found = firstOf(this.#held, marksOfEnd);
    if (found === undefined) {
      const kept = beginningOf(this.#held, marksOfEnd);
      this.#think(this.#held.slice(0, this.#held.length - kept));
      this.#held = this.#held.slice(this.#held.length - kept);
      return false;
    }
    this.#think(this.#held.slice(0, found.at));
    this.#held = this.#held.slice(found.at + found.mark.length);
    this.#ends = undefined;
    return true;
  }

  #think(thought: string): void {
    const block = this.#blocks.pop() ?? '';
    this.#blocks.push(block + thought);
  }
}

/** Whether a text has an end mark whose begin stands nowhere before it. */
function beginsInside(text: string): boolean {
  const found = firstOf(text, ends);
  if (found === undefined) return false;
  const begin = marks.find(([, end]) => end === found.mark)?.[0] ?? '';
  return !text.slice(0, found.at).includes(begin);
}

function firstOf(text: string, wanted: readonly string[]): { at: number; mark: string } | undefined {
  return wanted
    .map((mark) => ({ at: text.indexOf(mark), mark }))
    .filter(({ at }) => at !== -1)
    .sort((a, b) => a.at - b.at)[0];
}

/** How many of the last characters of a text may be the beginning of a mark. */
function beginningOf(text: string, wanted: readonly string[]): number {
  for (let length = Math.min(text.length, longestMark - 1); length > 0; length -= 1) {
    const tail = text.slice(-length);
    if (wanted.some((mark) => mark.startsWith(tail))) return length;
  }
  return 0;
}

const longestMark = Math.max(...ends.map((mark) => mark.length));
