import { KeyValueCache } from './key-value-cache';
import type { LlamaParameters } from './llama-parameters';
import type { LayerWeights, LlamaWeights } from './llama-weights';
import { add, multiply, normalize } from './matrix';

/**
 * The Llama network, one token at a time. All sequences share the scratch buffers below, which is safe
 * because {@link evaluate} is synchronous; what differs between sequences is in their {@link KeyValueCache}.
 */
export class LlamaModel {
  readonly parameters: LlamaParameters;
  readonly #weights: LlamaWeights;
  readonly #hidden: Float32Array;
  readonly #normed: Float32Array;
  readonly #query: Float32Array;
  readonly #attended: Float32Array;
  readonly #gate: Float32Array;
  readonly #up: Float32Array;
  readonly #frequencies: Float64Array;
  readonly #cosines: Float64Array;
  readonly #sines: Float64Array;
  #scores = new Float64Array(64);

  constructor(parameters: LlamaParameters, weights: LlamaWeights) {
    const { embeddingLength, feedForwardLength, headLength, ropeBase } = parameters;
    this.parameters = parameters;
    this.#weights = weights;
    this.#hidden = new Float32Array(embeddingLength);
    this.#normed = new Float32Array(embeddingLength);
    this.#query = new Float32Array(embeddingLength);
    this.#attended = new Float32Array(embeddingLength);
    this.#gate = new Float32Array(feedForwardLength);
    this.#up = new Float32Array(feedForwardLength);
    this.#frequencies = Float64Array.from(
      { length: headLength / 2 },
      (_, pair) => ropeBase ** ((-2 * pair) / headLength),
    );
    this.#cosines = new Float64Array(headLength / 2);
    this.#sines = new Float64Array(headLength / 2);
  }

  /** An empty sequence. */
  createCache(): KeyValueCache {
    return new KeyValueCache(this.parameters);
  }

  /**
   * Appends a token to a sequence.
   *
   * @param token id below the vocabulary size
   * @param logits when given, receives the score of every token as the next one; computing them is a third of
   *   the work, so a prompt asks for the last position's only
   */
  evaluate(cache: KeyValueCache, token: number, logits?: Float32Array): void {
    const { embeddingLength, feedForwardLength, normEpsilon, vocabularySize } = this.parameters;
    const hidden = this.#hidden;
    const normed = this.#normed;
    const position = cache.append();
    this.#turnTo(position);
    hidden.set(this.#weights.embedding.subarray(token * embeddingLength, (token + 1) * embeddingLength));

    for (const [index, layer] of this.#weights.layers.entries()) {
      normalize(normed, hidden, layer.attentionNorm, normEpsilon);
      this.#attend(cache, index, layer, position);
      multiply(normed, 0, embeddingLength, layer.attentionOutput, this.#attended);
      add(hidden, normed);

      normalize(normed, hidden, layer.feedForwardNorm, normEpsilon);
      multiply(this.#gate, 0, feedForwardLength, layer.gate, normed);
      multiply(this.#up, 0, feedForwardLength, layer.up, normed);
      swiglu(this.#gate, this.#up);
      multiply(normed, 0, embeddingLength, layer.down, this.#gate);
      add(hidden, normed);
    }
    if (logits === undefined) return;
    normalize(normed, hidden, this.#weights.outputNorm, normEpsilon);
    multiply(logits, 0, vocabularySize, this.#weights.output, normed);
  }

  #attend(cache: KeyValueCache, index: number, layer: LayerWeights, position: number): void {
    const { embeddingLength, heads, keyValueHeads, headLength } = this.parameters;
    const { rowLength } = cache;
    const keys = cache.keys[index]!;
    const values = cache.values[index]!;
    const row = position * rowLength;
    multiply(this.#query, 0, embeddingLength, layer.query, this.#normed);
    multiply(keys, row, rowLength, layer.key, this.#normed);
    multiply(values, row, rowLength, layer.value, this.#normed);
    this.#rotate(this.#query, 0, heads);
    this.#rotate(keys, row, keyValueHeads);

    const sharing = heads / keyValueHeads;
    this.#attended.fill(0);
    for (let head = 0; head < heads; head++) {
      const from = Math.floor(head / sharing) * headLength;
      this.#score(keys, from, rowLength, head * headLength, position);
      this.#mix(values, from, rowLength, head * headLength, position);
    }
  }

  /** Softmax of query · key over all positions so far, into the scores. */
  #score(keys: Float32Array, from: number, rowLength: number, to: number, last: number): void {
    if (last >= this.#scores.length) this.#scores = new Float64Array(this.#scores.length * 2);
    const { headLength } = this.parameters;
    const scores = this.#scores;
    const query = this.#query;
    const scale = 1 / Math.sqrt(headLength);
    let largest = -Infinity;
    for (let position = 0, key = from; position <= last; position++, key += rowLength) {
      let product = 0;
      for (let index = 0; index < headLength; index++) product += query[to + index]! * keys[key + index]!;
      scores[position] = product * scale;
      if (scores[position]! > largest) largest = scores[position]!;
    }
    let total = 0;
    for (let position = 0; position <= last; position++) {
      scores[position] = Math.exp(scores[position]! - largest);
      total += scores[position]!;
    }
    for (let position = 0; position <= last; position++) scores[position]! /= total;
  }

  /** The values of all positions so far, weighted by the scores. */
  #mix(values: Float32Array, from: number, rowLength: number, to: number, last: number): void {
    const { headLength } = this.parameters;
    const attended = this.#attended;
    for (let position = 0, value = from; position <= last; position++, value += rowLength) {
      const score = this.#scores[position]!;
      for (let index = 0; index < headLength; index++)
        attended[to + index]! += score * values[value + index]!;
    }
  }

  #turnTo(position: number): void {
    for (let pair = 0; pair < this.#frequencies.length; pair++) {
      const angle = position * this.#frequencies[pair]!;
      this.#cosines[pair] = Math.cos(angle);
      this.#sines[pair] = Math.sin(angle);
    }
  }

  /** Rotary position embedding of ggml's NORM kind: it turns neighbouring pairs (NEOX turns halves). */
  #rotate(vectors: Float32Array, start: number, heads: number): void {
    const { headLength } = this.parameters;
    for (let head = 0; head < heads; head++) {
      for (let pair = 0; pair < headLength / 2; pair++) {
        const at = start + head * headLength + 2 * pair;
        const even = vectors[at]!;
        const odd = vectors[at + 1]!;
        vectors[at] = even * this.#cosines[pair]! - odd * this.#sines[pair]!;
        vectors[at + 1] = even * this.#sines[pair]! + odd * this.#cosines[pair]!;
      }
    }
  }
}

/** `gate = silu(gate) * up` */
function swiglu(gate: Float32Array, up: Float32Array): void {
  for (let index = 0; index < gate.length; index++) {
    gate[index] = (gate[index]! / (1 + Math.exp(-gate[index]!))) * up[index]!;
  }
}
