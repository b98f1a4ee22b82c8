import type { LlamaParameters } from './llama-parameters';

const firstCapacity = 64;

/**
 * What attention remembers of one sequence: per layer, one row of keys and one of values for each position.
 * It grows as the sequence does, so that a short answer of a model with a long context costs little memory.
 */
export class KeyValueCache {
  /** Numbers in a row. */
  readonly rowLength: number;
  /** Positions filled so far. */
  length = 0;
  readonly keys: Float32Array[];
  readonly values: Float32Array[];
  readonly #limit: number;
  #capacity: number;

  constructor(parameters: LlamaParameters) {
    this.rowLength = parameters.keyValueHeads * parameters.headLength;
    this.#limit = parameters.contextLength;
    this.#capacity = Math.min(firstCapacity, this.#limit);
    const rows = (): Float32Array => new Float32Array(this.#capacity * this.rowLength);
    this.keys = Array.from({ length: parameters.layers }, rows);
    this.values = Array.from({ length: parameters.layers }, rows);
  }

  /**
   * Makes room for one more position and returns it; the rows there are the caller's to fill.
   *
   * @throws RangeError when the sequence already has the model's context length, which is a bug of the caller
   */
  append(): number {
    if (this.length === this.#limit) throw new RangeError(`the context of ${this.#limit} tokens is full`);
    if (this.length === this.#capacity) {
      this.#capacity = Math.min(this.#capacity * 2, this.#limit);
      this.keys.forEach((rows, layer) => (this.keys[layer] = this.#grown(rows)));
      this.values.forEach((rows, layer) => (this.values[layer] = this.#grown(rows)));
    }
    return this.length++;
  }

  #grown(rows: Float32Array): Float32Array {
    const larger = new Float32Array(this.#capacity * this.rowLength);
    larger.set(rows);
    return larger;
  }
}
