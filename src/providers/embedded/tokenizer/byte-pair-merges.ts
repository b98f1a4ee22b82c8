import { NumberHeap } from './number-heap';

interface Merge {
  readonly rank: number;
  readonly merged: number;
}

/** The merge rules of a byte-pair encoder, over token ids. */
export class BytePairMerges {
  readonly #vocabularySize: number;
  readonly #merges = new Map<number, Merge>();

  /** @param vocabularySize all token ids are below it */
  constructor(vocabularySize: number) {
    this.#vocabularySize = vocabularySize;
  }

  /** Adds the next rule in rank order; of two rules for one pair the first counts, as in llama.cpp. */
  add(left: number, right: number, merged: number): void {
    const pair = this.#pair(left, right);
    if (!this.#merges.has(pair)) this.#merges.set(pair, { rank: this.#merges.size, merged });
  }

  /**
   * Merges the symbols of one word: always the pair of lowest rank, the leftmost first. Takes O(n log n),
   * because a request may send one word of a megabyte.
   */
  apply(symbols: readonly number[]): number[] {
    const length = symbols.length;
    const token = Int32Array.from(symbols);
    const next = Int32Array.from({ length }, (_, index) => index + 1);
    const previous = Int32Array.from({ length }, (_, index) => index - 1);
    const gone = new Uint8Array(length);
    // One number orders candidates by rank, then by position.
    const candidates = new NumberHeap();
    const consider = (left: number): void => {
      const right = left < 0 ? length : next[left]!;
      if (right >= length) return;
      const merge = this.#merges.get(this.#pair(token[left]!, token[right]!));
      if (merge !== undefined) candidates.push(merge.rank * length + left);
    };
    for (let index = 0; index < length; index++) consider(index);

    for (let candidate = candidates.pop(); candidate !== undefined; candidate = candidates.pop()) {
      const left = candidate % length;
      const right = next[left]!;
      if (gone[left] === 1 || right >= length) continue;
      const merge = this.#merges.get(this.#pair(token[left]!, token[right]!));
      // An earlier merge may have replaced the pair that this candidate stood for.
      if (merge === undefined || merge.rank !== Math.floor(candidate / length)) continue;
      token[left] = merge.merged;
      gone[right] = 1;
      next[left] = next[right]!;
      if (next[left] < length) previous[next[left]] = left;
      consider(previous[left]!);
      consider(left);
    }
    return Array.from(token.filter((_, index) => gone[index] === 0));
  }

  #pair(left: number, right: number): number {
    return left * this.#vocabularySize + right;
  }
}
