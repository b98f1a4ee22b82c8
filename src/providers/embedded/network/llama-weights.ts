import type { GgufHeader } from '../gguf/gguf';
import { ggufInvalid, quoted } from '../gguf/gguf-invalid';
import type { LlamaParameters } from './llama-parameters';
import { readTensors } from '../gguf/tensor-data';

/** The weights of one layer. A matrix is row-major with one row per output. */
export interface LayerWeights {
  readonly attentionNorm: Float32Array;
  readonly query: Float32Array;
  readonly key: Float32Array;
  readonly value: Float32Array;
  readonly attentionOutput: Float32Array;
  readonly feedForwardNorm: Float32Array;
  readonly gate: Float32Array;
  readonly up: Float32Array;
  readonly down: Float32Array;
}

export interface LlamaWeights {
  /** One row per token. */
  readonly embedding: Float32Array;
  readonly layers: readonly LayerWeights[];
  readonly outputNorm: Float32Array;
  /** One row per token; the embedding itself in a model with tied weights. */
  readonly output: Float32Array;
}

/**
 * Reads the weights of a Llama model after checking that exactly the expected tensors are there, in the
 * expected shapes.
 *
 * @throws `GGUF_INVALID` for a missing, misshapen or unknown tensor, and for all that {@link readTensors}
 *   refuses
 */
export async function readLlamaWeights(
  header: GgufHeader,
  parameters: LlamaParameters,
): Promise<LlamaWeights> {
  const shapes = expectedShapes(parameters);
  const tied = !header.tensors.has('output.weight');
  if (tied) shapes.delete('output.weight');
  for (const [name, shape] of shapes) checkShape(header, name, shape);
  for (const name of header.tensors.keys()) {
    // For example a bias: leaving it out would give text, but not the model's.
    if (!shapes.has(name))
      throw ggufInvalid(header.path, `has tensor ${quoted(name)}, which the embedded engine does not know`);
  }
  const tensors = await readTensors(header);
  const get = (name: string): Float32Array => tensors.get(name)!;
  return {
    embedding: get('token_embd.weight'),
    layers: Array.from({ length: parameters.layers }, (_, layer) => ({
      attentionNorm: get(`blk.${layer}.attn_norm.weight`),
      query: get(`blk.${layer}.attn_q.weight`),
      key: get(`blk.${layer}.attn_k.weight`),
      value: get(`blk.${layer}.attn_v.weight`),
      attentionOutput: get(`blk.${layer}.attn_output.weight`),
      feedForwardNorm: get(`blk.${layer}.ffn_norm.weight`),
      gate: get(`blk.${layer}.ffn_gate.weight`),
      up: get(`blk.${layer}.ffn_up.weight`),
      down: get(`blk.${layer}.ffn_down.weight`),
    })),
    outputNorm: get('output_norm.weight'),
    output: get(tied ? 'token_embd.weight' : 'output.weight'),
  };
}

function expectedShapes(parameters: LlamaParameters): Map<string, readonly number[]> {
  const { embeddingLength, vocabularySize, feedForwardLength, layers } = parameters;
  const keyValueLength = parameters.keyValueHeads * parameters.headLength;
  const shapes = new Map<string, readonly number[]>([
    ['token_embd.weight', [embeddingLength, vocabularySize]],
    ['output_norm.weight', [embeddingLength]],
    ['output.weight', [embeddingLength, vocabularySize]],
  ]);
  for (let layer = 0; layer < layers; layer++) {
    shapes.set(`blk.${layer}.attn_norm.weight`, [embeddingLength]);
    shapes.set(`blk.${layer}.attn_q.weight`, [embeddingLength, embeddingLength]);
    shapes.set(`blk.${layer}.attn_k.weight`, [embeddingLength, keyValueLength]);
    shapes.set(`blk.${layer}.attn_v.weight`, [embeddingLength, keyValueLength]);
    shapes.set(`blk.${layer}.attn_output.weight`, [embeddingLength, embeddingLength]);
    shapes.set(`blk.${layer}.ffn_norm.weight`, [embeddingLength]);
    shapes.set(`blk.${layer}.ffn_gate.weight`, [embeddingLength, feedForwardLength]);
    shapes.set(`blk.${layer}.ffn_up.weight`, [embeddingLength, feedForwardLength]);
    shapes.set(`blk.${layer}.ffn_down.weight`, [feedForwardLength, embeddingLength]);
  }
  return shapes;
}

function checkShape(header: GgufHeader, name: string, shape: readonly number[]): void {
  const tensor = header.tensors.get(name);
  if (tensor === undefined) throw ggufInvalid(header.path, `lacks the tensor ${quoted(name)}`);
  // Writers may or may not keep trailing dimensions of 1.
  const lengths = Math.max(shape.length, tensor.shape.length);
  for (let dimension = 0; dimension < lengths; dimension++) {
    if ((tensor.shape[dimension] ?? 1) === (shape[dimension] ?? 1)) continue;
    throw ggufInvalid(
      header.path,
      `has tensor ${quoted(name)} in the shape [${tensor.shape.join(', ')}]; the metadata asks for [${shape.join(', ')}]`,
    );
  }
}
