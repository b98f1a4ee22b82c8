import { bytesOfSymbols, symbolOfByte } from './byte-symbols';
import { quoted } from '../gguf/gguf-invalid';
import type { MetadataFields } from '../gguf/metadata-fields';

const tokensKey = 'tokenizer.ggml.tokens';
const typesKey = 'tokenizer.ggml.token_type';

/** `llama_token_type` of https://github.com/ggml-org/llama.cpp/blob/master/include/llama.h */
const normal = 1;
const unknown = 2;
const control = 3;
const userDefined = 4;
const unused = 5;

/**
 * llama.cpp ends generation at these control tokens even where the file names another end token.
 * Source: `special_eog_ids` in https://github.com/ggml-org/llama.cpp/blob/master/src/llama-vocab.cpp
 */
const endTexts = [
  '<|eot_id|>',
  '<|im_end|>',
  '<|end|>',
  '<|return|>',
  '<|call|>',
  '<end_of_turn>',
  '<|endoftext|>',
  '<|eom_id|>',
  '<EOT>',
  '_<EOT>',
  '<|end_of_text|>',
  '<end_of_utterance>',
];

/** The tokens of a model by id, and what they mean. */
export interface Vocabulary {
  readonly size: number;
  readonly idOfText: ReadonlyMap<string, number>;
  /** The token of each single byte, by byte. */
  readonly idOfByte: readonly number[];
  /**
   * What each token adds to the output; nothing for control, unknown and unused tokens, as in llama-server.
   */
  readonly outputBytes: readonly Uint8Array[];
  /** Texts that are one token wherever they appear in a prompt, longest first. */
  readonly specialTexts: readonly string[];
  /** Tokens that end a generation. */
  readonly endTokens: ReadonlySet<number>;
}

/** @throws `GGUF_INVALID` when tokens or their types are missing, contradictory or of an unsupported kind */
export function readVocabulary(fields: MetadataFields): Vocabulary {
  const texts = fields.strings(tokensKey);
  const types = fields.integers(typesKey);
  if (types.length !== texts.length) {
    throw fields.invalid(typesKey, `has ${types.length} elements for ${texts.length} tokens`);
  }
  const idOfText = new Map<string, number>();
  texts.forEach((text, id) => {
    const twin = idOfText.get(text);
    if (twin !== undefined)
      throw fields.invalid(tokensKey, `has ${quoted(text)} twice, as ${twin} and ${id}`);
    idOfText.set(text, id);
  });
  const special = [unknown, control, userDefined];
  return {
    size: texts.length,
    idOfText,
    idOfByte: symbolOfByte.map((symbol, byte) => {
      const id = idOfText.get(symbol);
      if (id === undefined) throw fields.invalid(tokensKey, `has no token for the byte ${byte}`);
      return id;
    }),
    outputBytes: texts.map((text, id) => outputOf(fields, text, types[id]!, id)),
    specialTexts: texts
      .filter((text, id) => text !== '' && special.includes(types[id]!))
      .sort((a, b) => b.length - a.length),
    endTokens: endTokensOf(fields, idOfText),
  };
}

function outputOf(fields: MetadataFields, text: string, type: number, id: number): Uint8Array {
  if (type === userDefined) return Buffer.from(text, 'utf8');
  if ([unknown, control, unused].includes(type) || endTexts.includes(text)) return new Uint8Array(0);
  if (type !== normal) throw fields.invalid(typesKey, `has the unsupported type ${type} for token ${id}`);
  const bytes = bytesOfSymbols(text);
  if (bytes === undefined)
    throw fields.invalid(tokensKey, `has ${quoted(text)} at ${id}, which is not byte-level text`);
  return bytes;
}

function endTokensOf(fields: MetadataFields, idOfText: ReadonlyMap<string, number>): Set<number> {
  const rule = { min: 0, max: idOfText.size - 1 };
  const ends = new Set([fields.integer('tokenizer.ggml.eos_token_id', rule)]);
  for (const key of ['tokenizer.ggml.eot_token_id', 'tokenizer.ggml.eom_token_id']) {
    if (fields.has(key)) ends.add(fields.integer(key, rule));
  }
  for (const text of endTexts) {
    const id = idOfText.get(text);
    if (id !== undefined) ends.add(id);
  }
  return ends;
}
