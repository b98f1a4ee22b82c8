import type { Quantiles } from '../log/eval-summary';

/** A list of numbers that grows one by one, in eight bytes each. */
export class NumberList {
  #values = new Float64Array(64);
  #length = 0;

  add(value: number): void {
    if (this.#length === this.#values.length) {
      const longer = new Float64Array(this.#length * 2);
      longer.set(this.#values);
      this.#values = longer;
    }
    this.#values[this.#length] = value;
    this.#length += 1;
  }

  /**
   * The 50th and the 95th percentile, interpolated between the two nearest values; null if there are no
   * values. Definition 7 of R. J. Hyndman, Y. Fan (1996), "Sample Quantiles in Statistical Packages", The
   * American Statistician 50.
   */
  quantiles(): Quantiles | null {
    if (this.#length === 0) return null;
    const sorted = this.#values.slice(0, this.#length).sort();
    return { p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95) };
  }
}

function quantile(sorted: Float64Array, share: number): number {
  const position = (sorted.length - 1) * share;
  const [low = 0, high = low] = sorted.subarray(Math.floor(position), Math.floor(position) + 2);
  return low + (high - low) * (position % 1);
}
