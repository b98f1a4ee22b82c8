import type { GgufHeader } from '../gguf/gguf';
import { quoted } from '../gguf/gguf-invalid';
import { MetadataFields } from '../gguf/metadata-fields';

/** The hyper-parameters of a Llama model. Lengths count numbers, not bytes. */
export interface LlamaParameters {
  readonly vocabularySize: number;
  /** How many tokens prompt and answer may have together. */
  readonly contextLength: number;
  readonly embeddingLength: number;
  readonly layers: number;
  readonly heads: number;
  /** Key and value heads; each serves `heads / keyValueHeads` query heads. */
  readonly keyValueHeads: number;
  readonly headLength: number;
  readonly feedForwardLength: number;
  readonly normEpsilon: number;
  readonly ropeBase: number;
}

/**
 * Reads and checks the hyper-parameters.
 *
 * @param vocabularySize how many tokens the file's tokenizer has
 * @throws `GGUF_INVALID` when one is missing, absurd, or asks for something that this engine does not compute
 */
export function readLlamaParameters(header: GgufHeader, vocabularySize: number): LlamaParameters {
  const fields = new MetadataFields(header);
  const architecture = fields.text('general.architecture');
  if (architecture !== 'llama') {
    throw fields.invalid('general.architecture', `is ${quoted(architecture)}; only "llama" works`);
  }
  refuseUnsupported(fields);
  const embeddingLength = fields.integer('llama.embedding_length', { min: 2, max: 65_536 });
  const heads = fields.integer('llama.attention.head_count', { min: 1, max: 1024 });
  const headLength = embeddingLength / heads;
  if (headLength % 2 !== 0) {
    throw fields.invalid(
      'llama.attention.head_count',
      `is ${heads}, which does not cut ${embeddingLength} into even parts`,
    );
  }
  const keyValueHeads = fields.integer('llama.attention.head_count_kv', {
    min: 1,
    max: heads,
    fallback: heads,
  });
  if (heads % keyValueHeads !== 0) {
    throw fields.invalid(
      'llama.attention.head_count_kv',
      `is ${keyValueHeads}, which does not divide ${heads} heads`,
    );
  }
  for (const key of [
    'llama.rope.dimension_count',
    'llama.attention.key_length',
    'llama.attention.value_length',
  ]) {
    fields.integer(key, { min: headLength, max: headLength, fallback: headLength });
  }
  fields.integer('llama.vocab_size', { min: vocabularySize, max: vocabularySize, fallback: vocabularySize });
  return {
    vocabularySize,
    contextLength: fields.integer('llama.context_length', { min: 2, max: 2 ** 24 }),
    embeddingLength,
    layers: fields.integer('llama.block_count', { min: 1, max: 1024 }),
    heads,
    keyValueHeads,
    headLength,
    feedForwardLength: fields.integer('llama.feed_forward_length', { min: 1, max: 2 ** 20 }),
    normEpsilon: fields.number('llama.attention.layer_norm_rms_epsilon', { min: 0, max: 1 }),
    ropeBase: fields.number('llama.rope.freq_base', { min: 1, max: 1e12, fallback: 10_000 }),
  };
}

/** Computing without these would give text, but not the model's. */
function refuseUnsupported(fields: MetadataFields): void {
  if (fields.integer('llama.expert_count', { min: 0, max: 2 ** 32, fallback: 0 }) > 0) {
    throw fields.invalid('llama.expert_count', 'is above 0: a mixture of experts is not supported');
  }
  const scaling = fields.has('llama.rope.scaling.type') ? fields.text('llama.rope.scaling.type') : 'none';
  if (scaling !== 'none')
    throw fields.invalid('llama.rope.scaling.type', `is ${quoted(scaling)}; only "none" works`);
}
