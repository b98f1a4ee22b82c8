type Listener = (cost: number) => void;

/** What the calls of a run have cost, and who has to be told of it. */
export class Spending {
  readonly #listeners = new Set<Listener>();
  #total = 0;

  /** @param from is not told: it has said so. */
  add(cost: number, from?: Listener): void {
    this.#total += cost;
    for (const listener of this.#listeners) if (listener !== from) listener(cost);
  }

  /** Tells `listener` what was spent until now, and all that is to come. Returns how to stop that. */
  listen(listener: Listener): () => void {
    if (this.#total > 0) listener(this.#total);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
