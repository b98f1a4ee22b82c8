/**
 * The time during which a server answers calls, each moment once, however many there are at once. It holds the
 * intervals of what is counted already, in order.
 */
export class BusyTime {
  readonly #counted: { from: number; to: number }[] = [];

  /** Counts a call, and returns how many of its milliseconds were not counted before. */
  add(from: number, to: number): number {
    let at = this.#counted.length;
    while (at > 0 && (this.#counted[at - 1]?.to ?? 0) >= from) at -= 1;
    // Calls come in the order of their ends, so that nearly all that overlap are the last ones.
    let end = at;
    while ((this.#counted[end]?.from ?? Infinity) <= to) end += 1;
    const overlapping = this.#counted.slice(at, end);
    const known = overlapping.reduce((sum, one) => sum + Math.min(one.to, to) - Math.max(one.from, from), 0);
    const merged = {
      from: Math.min(from, overlapping[0]?.from ?? from),
      to: Math.max(to, overlapping.at(-1)?.to ?? to),
    };
    this.#counted.splice(at, overlapping.length, merged);
    return Math.max(0, to - from - known);
  }
}
