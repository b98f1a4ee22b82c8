import { BytePairMerges } from './byte-pair-merges';
import type { GgufHeader } from '../gguf/gguf';
import { quoted } from '../gguf/gguf-invalid';
import { MetadataFields } from '../gguf/metadata-fields';
import { preTokenizerNames, preTokenizerOf, type PreTokenizer } from './pre-tokenizer';
import { readVocabulary, type Vocabulary } from './vocabulary';

const mergesKey = 'tokenizer.ggml.merges';
/** Words up to this length are cached; longer ones are rarely seen twice. */
const cachedWordLength = 32;
const cachedWords = 10_000;

/** Byte-level BPE, the tokenizer model that GGUF calls "gpt2". Made by {@link createTokenizer}. */
export class Tokenizer {
  readonly vocabulary: Vocabulary;
  readonly #merges: BytePairMerges;
  readonly #preTokenize: PreTokenizer;
  readonly #firstToken: number | undefined;
  readonly #cache = new Map<string, readonly number[]>();

  /** @param firstToken what every prompt begins with, for models that ask for it */
  constructor(
    vocabulary: Vocabulary,
    merges: BytePairMerges,
    preTokenize: PreTokenizer,
    firstToken: number | undefined,
  ) {
    this.vocabulary = vocabulary;
    this.#merges = merges;
    this.#preTokenize = preTokenize;
    this.#firstToken = firstToken;
  }

  /**
   * The token ids of a prompt. The text of a special token becomes that token wherever it stands, also inside
   * a user's message: llama-server tokenizes the rendered chat template as one text with `parse_special`, and
   * equal answers from both servers matter more here than telling the two apart.
   */
  encode(text: string): number[] {
    // A lone surrogate has no UTF-8 form; it becomes U+FFFD as in every UTF-8 encoder.
    const wellFormed = Buffer.from(text, 'utf8').toString('utf8');
    const ids = this.#firstToken === undefined ? [] : [this.#firstToken];
    for (const fragment of this.#splitSpecial(wellFormed)) {
      if (typeof fragment === 'number') ids.push(fragment);
      else
        for (const word of this.#preTokenize(fragment)) for (const id of this.#encodeWord(word)) ids.push(id);
    }
    return ids;
  }

  /** The text of some tokens; special tokens have none. */
  decode(ids: readonly number[]): string {
    return Buffer.concat(ids.map((id) => this.vocabulary.outputBytes[id]!)).toString('utf8');
  }

  #splitSpecial(text: string): (string | number)[] {
    let fragments: (string | number)[] = text === '' ? [] : [text];
    for (const special of this.vocabulary.specialTexts) {
      if (!text.includes(special)) continue;
      const id = this.vocabulary.idOfText.get(special)!;
      fragments = fragments.flatMap((fragment) =>
        typeof fragment === 'number' ? [fragment] : splitBy(fragment, special, id),
      );
    }
    return fragments;
  }

  #encodeWord(word: string): readonly number[] {
    const known = this.#cache.get(word);
    if (known !== undefined) return known;
    const bytes = Buffer.from(word, 'utf8');
    const ids = this.#merges.apply(Array.from(bytes, (byte) => this.vocabulary.idOfByte[byte]!));
    if (word.length <= cachedWordLength) {
      if (this.#cache.size >= cachedWords) this.#cache.clear();
      this.#cache.set(word, ids);
    }
    return ids;
  }
}

/**
 * Makes the tokenizer that a file's metadata describes.
 *
 * @throws `GGUF_INVALID` naming the key, when the metadata is missing, contradictory or asks for something
 *   unsupported
 */
export function createTokenizer(header: GgufHeader): Tokenizer {
  const fields = new MetadataFields(header);
  const model = fields.text('tokenizer.ggml.model');
  if (model !== 'gpt2') {
    throw fields.invalid('tokenizer.ggml.model', `is ${quoted(model)}; only "gpt2" (byte-level BPE) works`);
  }
  if (fields.boolean('tokenizer.ggml.add_eos_token', false)) {
    throw fields.invalid('tokenizer.ggml.add_eos_token', 'is true, which is not supported');
  }
  const vocabulary = readVocabulary(fields);
  const firstToken = fields.boolean('tokenizer.ggml.add_bos_token', false)
    ? fields.integer('tokenizer.ggml.bos_token_id', { min: 0, max: vocabulary.size - 1 })
    : undefined;
  return new Tokenizer(vocabulary, readMerges(fields, vocabulary), readPreTokenizer(fields), firstToken);
}

function readPreTokenizer(fields: MetadataFields): PreTokenizer {
  const key = 'tokenizer.ggml.pre';
  const name = fields.has(key) ? fields.text(key) : 'default';
  const preTokenize = preTokenizerOf(name);
  if (preTokenize !== undefined) return preTokenize;
  throw fields.invalid(key, `is ${quoted(name)}; only ${preTokenizerNames.join(', ')} work`);
}

function readMerges(fields: MetadataFields, vocabulary: Vocabulary): BytePairMerges {
  const merges = new BytePairMerges(vocabulary.size);
  fields.strings(mergesKey).forEach((rule, index) => {
    // The space is written as another character inside symbols, so the first one after a symbol separates.
    const gap = rule.indexOf(' ', 1);
    const left = vocabulary.idOfText.get(rule.slice(0, gap));
    const right = vocabulary.idOfText.get(rule.slice(gap + 1));
    const merged = vocabulary.idOfText.get(rule.slice(0, gap) + rule.slice(gap + 1));
    if (gap < 0 || left === undefined || right === undefined || merged === undefined) {
      throw fields.invalid(
        mergesKey,
        `has ${quoted(rule)} at ${index}, which does not join two tokens into a third`,
      );
    }
    merges.add(left, right, merged);
  });
  return merges;
}

function splitBy(text: string, special: string, id: number): (string | number)[] {
  return text
    .split(special)
    .flatMap((part, index) => [...(index === 0 ? [] : [id]), ...(part === '' ? [] : [part])]);
}
