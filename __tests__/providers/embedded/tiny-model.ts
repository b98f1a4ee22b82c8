import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { symbolOfByte } from '../../../src/providers/embedded/tokenizer/byte-symbols';
import { seededRandom } from '../../../src/providers/embedded/generation/random';
import { writeGguf, type GgufSpec, type MetadataValue, type TensorSpec } from '../../fixtures/gguf-writer';

export const ownTemplate =
  "{% for m in messages %}{{ '<|' + m['role'] + '|>' + m['content'] + '<|end|>' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

const merges = ['t h', 'th e', 'Ġ the', 'a a', 'aa aa', 'Ġ a'];
const specials = ['<|end|>', '<|user|>', '<|assistant|>'];
/** The 256 bytes first, so that token 0 is an ordinary character. */
export const tinyTokens = [...symbolOfByte, ...merges.map((rule) => rule.replace(' ', '')), ...specials];
export const embeddingLength = 32;
const feedForwardLength = 64;

export interface TinyModelOptions {
  readonly metadata?: Readonly<Record<string, MetadataValue | undefined>>;
  /** Query heads, 2 unless given, and key and value heads, as many unless given. */
  readonly heads?: number;
  readonly keyValueHeads?: number;
  /** Changes tensors; undefined leaves one out. */
  readonly tensor?: (tensor: TensorSpec) => TensorSpec | undefined;
  readonly extraTensors?: readonly TensorSpec[];
}

/** A complete Llama model of two layers with random weights; its answers mean nothing. */
export function tinyModel(options: TinyModelOptions = {}): GgufSpec {
  const heads = options.heads ?? 2;
  const keyValueHeads = options.keyValueHeads ?? heads;
  const metadata: Record<string, MetadataValue | undefined> = {
    'general.architecture': 'llama',
    'llama.context_length': 128,
    'llama.embedding_length': embeddingLength,
    'llama.block_count': 2,
    'llama.feed_forward_length': feedForwardLength,
    'llama.attention.head_count': heads,
    'llama.attention.head_count_kv': keyValueHeads,
    'llama.attention.layer_norm_rms_epsilon': 0.00001,
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': 'smollm',
    'tokenizer.ggml.tokens': tinyTokens,
    'tokenizer.ggml.token_type': Int32Array.from(tinyTokens, (token) => (specials.includes(token) ? 3 : 1)),
    'tokenizer.ggml.merges': merges,
    'tokenizer.ggml.eos_token_id': tinyTokens.indexOf('<|end|>'),
    'tokenizer.chat_template': ownTemplate,
    ...options.metadata,
  };
  const tensors = tinyTensors((embeddingLength / heads) * keyValueHeads).flatMap(
    (tensor) => options.tensor?.(tensor) ?? (options.tensor ? [] : tensor),
  );
  return {
    metadata: Object.fromEntries(
      Object.entries(metadata).filter((entry): entry is [string, MetadataValue] => entry[1] !== undefined),
    ),
    tensors: [...tensors, ...(options.extraTensors ?? [])],
  };
}

/**
 * A model that repeats token 0, "Ā" in byte-level writing, until its context is full: all its scores are
 * equal.
 */
export function endlessModel(contextLength: number): GgufSpec {
  return tinyModel({
    metadata: {
      'llama.context_length': contextLength,
      'tokenizer.ggml.tokens': ['x', ...tinyTokens.filter((token) => token !== 'x')],
      'tokenizer.ggml.token_type': Int32Array.from(tinyTokens, (token) => (specials.includes(token) ? 3 : 1)),
    },
    tensor: (tensor) =>
      tensor.name === 'output_norm.weight'
        ? { ...tensor, values: new Float32Array(embeddingLength) }
        : tensor,
  });
}

function tinyTensors(keyValueLength: number): TensorSpec[] {
  const random = seededRandom(7);
  const matrix = (name: string, columns: number, rows: number): TensorSpec => ({
    name,
    shape: [columns, rows],
    values: Float32Array.from({ length: columns * rows }, () => random() - 0.5),
  });
  const norm = (name: string): TensorSpec => ({
    name,
    shape: [embeddingLength],
    values: new Float32Array(embeddingLength).fill(1),
  });
  const layer = (index: number): TensorSpec[] => [
    norm(`blk.${index}.attn_norm.weight`),
    matrix(`blk.${index}.attn_q.weight`, embeddingLength, embeddingLength),
    matrix(`blk.${index}.attn_k.weight`, embeddingLength, keyValueLength),
    matrix(`blk.${index}.attn_v.weight`, embeddingLength, keyValueLength),
    matrix(`blk.${index}.attn_output.weight`, embeddingLength, embeddingLength),
    norm(`blk.${index}.ffn_norm.weight`),
    matrix(`blk.${index}.ffn_gate.weight`, embeddingLength, feedForwardLength),
    matrix(`blk.${index}.ffn_up.weight`, embeddingLength, feedForwardLength),
    matrix(`blk.${index}.ffn_down.weight`, feedForwardLength, embeddingLength),
  ];
  return [
    matrix('token_embd.weight', embeddingLength, tinyTokens.length),
    norm('output_norm.weight'),
    ...layer(0),
    ...layer(1),
  ];
}

/** A directory that goes when the tests of the calling file are done, with a way to put files there. */
export function temporaryFiles(): {
  directory: string;
  write: (name: string, content: Buffer | GgufSpec) => string;
} {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'embedded-test-'));
  afterAll(() => fs.rmSync(directory, { recursive: true, force: true }));
  return {
    directory,
    write: (name, content) => {
      const file = path.join(directory, name);
      fs.writeFileSync(file, Buffer.isBuffer(content) ? content : writeGguf(content));
      return file;
    },
  };
}

export const novice = path.resolve(__dirname, '../../../models/novice.gguf');
export const expert = path.resolve(__dirname, '../../../models/expert.gguf');
