/** What must be finished before a session ends. */
export class Endings {
  readonly #finishers = new Set<() => Promise<void>>();
  #under: Promise<void>[] | undefined;

  /** Registers a finisher, which is called at once if the end has begun. Returns how to forget it. */
  add(finish: () => Promise<void>): () => void {
    if (this.#under !== undefined) this.#under.push(finish());
    this.#finishers.add(finish);
    return () => this.#finishers.delete(finish);
  }

  /** Calls all finishers. Resolves when they have settled, those that came meanwhile included. */
  async finish(): Promise<void> {
    this.#under ??= [...this.#finishers].map((finish) => finish());
    for (let count = 0; count < this.#under.length;) {
      count = this.#under.length;
      await Promise.allSettled(this.#under);
    }
  }
}
