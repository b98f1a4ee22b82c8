import { loadEngine, type Engine } from '../../../../src/providers/embedded/generation/engine';
import { readGgufHeader } from '../../../../src/providers/embedded/gguf/gguf';
import { likeliest } from '../../../../src/providers/embedded/generation/sampling';
import { readTensors } from '../../../../src/providers/embedded/gguf/tensor-data';
import type { MetadataValue, TensorSpec, TensorType } from '../../../fixtures/gguf-writer';
import { referenceScores } from './reference-network';
import { expert, temporaryFiles, tinyModel, tinyTokens } from '../tiny-model';

const files = temporaryFiles();

const load = (model: Parameters<typeof tinyModel>[0]): Promise<Engine> =>
  loadEngine(files.write('model.gguf', tinyModel(model)));

/** The scores after some tokens. */
function scores({ model }: Engine, tokens: readonly number[]): Float32Array {
  const cache = model.createCache();
  const logits = new Float32Array(model.parameters.vocabularySize);
  for (const token of tokens) model.evaluate(cache, token, logits);
  return logits;
}

const tokens = Array.from({ length: 100 }, (_, index) => (index * 37) % 250);

function expectClose(actual: Float32Array, expected: Float32Array, tolerance: number): void {
  actual.forEach((value, index) => expect(Math.abs(value - expected[index]!)).toBeLessThan(tolerance));
}

/** Rewrites a model file with its matrices in another type. */
async function converted(file: string, type: TensorType): Promise<string> {
  const header = readGgufHeader(file);
  const weights = await readTensors(header);
  const metadata: Record<string, MetadataValue> = {};
  for (const [key, value] of header.metadata) metadata[key] = value as MetadataValue;
  const tensors = [...header.tensors.values()].map(({ name, shape }): TensorSpec => {
    return { name, shape, values: weights.get(name)!, type: shape.length > 1 ? type : 'F32' };
  });
  return files.write(`${type}.gguf`, { metadata, tensors });
}

describe('the network', () => {
  it.each<TensorType>(['F32', 'Q8_0'])(
    'answers the same from weights of type %s as from F16',
    async (type) => {
      const [original, other] = await Promise.all([
        loadEngine(expert),
        loadEngine(await converted(expert, type)),
      ]);
      for (const question of ['What is 12 + 7?', 'Is 7 even?', 'What is the capital of France?']) {
        const prompt = original.tokenizer.encode(original.renderChat([{ role: 'user', content: question }]));
        const [a, b] = [scores(original, prompt), scores(other, prompt)];
        expect(likeliest(a)).toBe(likeliest(b));
        if (type === 'F32') expectClose(a, b, 1e-5);
      }
    },
  );

  it.each([
    { heads: 2, keyValueHeads: 2 },
    { heads: 4, keyValueHeads: 2 },
    { heads: 4, keyValueHeads: 1 },
  ])('computes what its formulas say, with %p', async (shape) => {
    const engine = await load(shape);
    const weights = new Map(tinyModel(shape).tensors.map(({ name, values }) => [name, values]));
    const expected = Float32Array.from(referenceScores(weights, engine.model.parameters, tokens));
    expectClose(scores(engine, tokens), expected, 1e-4);
  });

  it('uses an output matrix of its own when the file has one, else the embedding', async () => {
    const embedding = tinyModel().tensors.find(({ name }) => name === 'token_embd.weight')!;
    const output = (factor: number): TensorSpec => ({
      ...embedding,
      name: 'output.weight',
      values: embedding.values.map((value) => value * factor),
    });
    const tied = scores(await load({}), tokens);
    expectClose(scores(await load({ extraTensors: [output(1)] }), tokens), tied, 1e-6);
    const doubled = scores(await load({ extraTensors: [output(2)] }), tokens);
    expectClose(
      doubled,
      tied.map((score) => score * 2),
      1e-4,
    );
  });

  it('depends on the order and the distance of tokens', async () => {
    const engine = await load({});
    const [a, b, c] = [scores(engine, [1, 2, 3]), scores(engine, [2, 1, 3]), scores(engine, [1, 2, 2, 3])];
    expect(Math.max(...a.map((score, index) => Math.abs(score - b[index]!)))).toBeGreaterThan(1e-3);
    expect(Math.max(...a.map((score, index) => Math.abs(score - c[index]!)))).toBeGreaterThan(1e-3);
  });

  it('keeps sequences apart that are evaluated in turns', async () => {
    const engine = await load({});
    const alone = scores(engine, tokens);
    const [first, second] = [engine.model.createCache(), engine.model.createCache()];
    const logits = new Float32Array(alone.length);
    for (const token of tokens) {
      engine.model.evaluate(second, 255 - token);
      engine.model.evaluate(first, token, logits);
    }
    expect(logits).toEqual(alone);
  });

  it('takes no more tokens than its context', async () => {
    const engine = await load({ metadata: { 'llama.context_length': 3 } });
    expect(() => scores(engine, [1, 2, 3])).not.toThrow();
    expect(() => scores(engine, [1, 2, 3, 4])).toThrow(RangeError);
  });
});

describe('a file that does not fit the network is refused:', () => {
  it.each<[string, MetadataValue | undefined]>([
    ['general.architecture', 'qwen3'],
    ['llama.context_length', undefined],
    ['llama.context_length', 4_000_000_000],
    ['llama.embedding_length', 0],
    ['llama.embedding_length', 64],
    ['llama.embedding_length', 'wide'],
    ['llama.block_count', 3],
    ['llama.block_count', 4_000_000_000],
    ['llama.feed_forward_length', 65],
    ['llama.attention.head_count', 3],
    ['llama.attention.head_count', 32],
    ['llama.attention.head_count_kv', 4],
    ['llama.attention.head_count_kv', 0],
    ['llama.attention.layer_norm_rms_epsilon', 1.5],
    ['llama.attention.layer_norm_rms_epsilon', undefined],
    ['llama.rope.dimension_count', 8],
    ['llama.rope.scaling.type', 'yarn'],
    ['llama.vocab_size', 99],
    ['llama.expert_count', 8],
    ['tokenizer.chat_template', undefined],
    ['tokenizer.chat_template', '{{ bos_token }}[INST]'],
  ])('%s = %p', async (key, value) => {
    await expect(load({ metadata: { [key]: value } })).rejects.toMatchObject({ code: 'GGUF_INVALID' });
  });

  it('a tensor is missing', async () => {
    const without = load({
      tensor: (tensor) => (tensor.name === 'blk.1.attn_v.weight' ? undefined : tensor),
    });
    await expect(without).rejects.toThrow(/lacks the tensor "blk.1.attn_v.weight"/);
  });

  it('a tensor is unknown, so that leaving it out would change the answers', async () => {
    const bias = { name: 'blk.0.attn_q.bias', shape: [32], values: new Float32Array(32) };
    await expect(load({ extraTensors: [bias] })).rejects.toThrow(
      /tensor "blk.0.attn_q.bias", which the embedded engine does not know/,
    );
  });

  it('a matrix lies on its side', async () => {
    const turned = load({
      tensor: (tensor) => (tensor.name === 'blk.0.ffn_up.weight' ? { ...tensor, shape: [64, 32] } : tensor),
    });
    await expect(turned).rejects.toThrow(
      /"blk.0.ffn_up.weight" in the shape \[64, 32\]; the metadata asks for \[32, 64\]/,
    );
  });

  it('the vocabulary has another size than the embedding', async () => {
    const short = load({
      tensor: (tensor) =>
        tensor.name === 'token_embd.weight'
          ? { ...tensor, shape: [32, tinyTokens.length - 1], values: tensor.values.slice(32) }
          : tensor,
    });
    await expect(short).rejects.toThrow(/"token_embd.weight" in the shape/);
  });
});
