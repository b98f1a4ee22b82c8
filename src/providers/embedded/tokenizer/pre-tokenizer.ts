/** Cuts text into the words that byte-pair merging may not cross. */
export type PreTokenizer = (text: string) => string[];

/**
 * The GPT-2 pattern. `\p{White_Space}` is llama.cpp's idea of a space; JavaScript's `\s` differs for U+0085
 * and U+FEFF. Source: https://github.com/openai/gpt-2/blob/master/src/encoder.py
 */
const gpt2Pattern =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/**
 * The patterns of each `tokenizer.ggml.pre` that works here; each is applied to the pieces that the one
 * before left. Source: `llm_tokenizer_bpe` in
 * https://github.com/ggml-org/llama.cpp/blob/master/src/llama-vocab.cpp
 */
const patterns: ReadonlyMap<string, readonly RegExp[]> = new Map([
  ['gpt-2', [gpt2Pattern]],
  ['smollm', [/\p{N}/gu, gpt2Pattern]],
  ['default', [/[\p{P}$+<=>^~|]+/gu, gpt2Pattern, /\p{N}+/gu, /[0-9][0-9][0-9]/gu]],
]);

/** The names that {@link preTokenizerOf} knows. */
export const preTokenizerNames: readonly string[] = [...patterns.keys()];

/** The pre-tokenizer of a `tokenizer.ggml.pre` value; undefined when this engine does not know it. */
export function preTokenizerOf(name: string): PreTokenizer | undefined {
  const steps = patterns.get(name);
  if (steps === undefined) return undefined;
  return (text) => steps.reduce((pieces, pattern) => pieces.flatMap((piece) => cut(piece, pattern)), [text]);
}

/** The matches of a pattern and the text between them, in order; together they are the whole text. */
function cut(text: string, pattern: RegExp): string[] {
  const pieces: string[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > end) pieces.push(text.slice(end, match.index));
    pieces.push(match[0]);
    end = match.index + match[0].length;
  }
  if (end < text.length) pieces.push(text.slice(end));
  return pieces;
}
