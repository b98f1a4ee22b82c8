import type { LlamaParameters } from '../../../../src/providers/embedded/network/llama-parameters';

type Vector = number[];

/**
 * The Llama network written straight from its formulas, for all positions at once, in double precision and
 * without a cache: slow, short, and independent of the engine. Returns the scores after the last token.
 */
export function referenceScores(
  weights: ReadonlyMap<string, Float32Array>,
  parameters: LlamaParameters,
  tokens: readonly number[],
): Vector {
  const { embeddingLength, layers, heads, keyValueHeads, headLength, normEpsilon, ropeBase } = parameters;
  const get = (name: string): Float32Array => weights.get(`${name}.weight`)!;
  const times = (name: string, vector: Vector): Vector => {
    const matrix = get(name);
    return Array.from({ length: matrix.length / vector.length }, (_, row) =>
      vector.reduce((sum, value, column) => sum + value * matrix[row * vector.length + column]!, 0),
    );
  };
  const norm = (name: string, vector: Vector): Vector => {
    const meanSquare = vector.reduce((sum, value) => sum + value * value, 0) / vector.length;
    return vector.map((value, index) => (value / Math.sqrt(meanSquare + normEpsilon)) * get(name)[index]!);
  };
  const plus = (a: Vector, b: Vector): Vector => a.map((value, index) => value + b[index]!);
  const rotated = (vector: Vector, position: number): Vector =>
    vector.map((value, index) => {
      const inHead = index % headLength;
      const angle = position * ropeBase ** (-(inHead - (inHead % 2)) / headLength);
      const partner = inHead % 2 === 0 ? -vector[index + 1]! : vector[index - 1]!;
      return value * Math.cos(angle) + partner * Math.sin(angle);
    });
  const headOf = (vector: Vector, head: number): Vector =>
    vector.slice(head * headLength, (head + 1) * headLength);
  const dot = (a: Vector, b: Vector): number => a.reduce((sum, value, index) => sum + value * b[index]!, 0);

  let hidden = tokens.map((token) =>
    Array.from(get('token_embd').subarray(token * embeddingLength, (token + 1) * embeddingLength)),
  );
  for (let layer = 0; layer < layers; layer++) {
    const name = (part: string): string => `blk.${layer}.${part}`;
    const normed = hidden.map((vector) => norm(name('attn_norm'), vector));
    const queries = normed.map((vector, position) => rotated(times(name('attn_q'), vector), position));
    const keys = normed.map((vector, position) => rotated(times(name('attn_k'), vector), position));
    const values = normed.map((vector) => times(name('attn_v'), vector));
    const attended = queries.map((query, position) =>
      Array.from({ length: heads }, (_, head) => {
        const shared = Math.floor((head * keyValueHeads) / heads);
        const past = keys.slice(0, position + 1);
        const powers = past.map((key) =>
          Math.exp(dot(headOf(query, head), headOf(key, shared)) / Math.sqrt(headLength)),
        );
        const total = powers.reduce((sum, power) => sum + power, 0);
        return powers
          .map((power, at) => headOf(values[at]!, shared).map((value) => (value * power) / total))
          .reduce(plus);
      }).flat(),
    );
    hidden = hidden.map((vector, position) => plus(vector, times(name('attn_output'), attended[position]!)));
    hidden = hidden.map((vector) => {
      const input = norm(name('ffn_norm'), vector);
      const up = times(name('ffn_up'), input);
      const gate = times(name('ffn_gate'), input).map(
        (value, index) => (value / (1 + Math.exp(-value))) * up[index]!,
      );
      return plus(vector, times(name('ffn_down'), gate));
    });
  }
  return times(weights.has('output.weight') ? 'output' : 'token_embd', norm('output_norm', hidden.at(-1)!));
}
