/**
 * Actions that wait until the code that decides on them has come to rest. They run in the order in which they
 * were added, and never inside one another: what an action adds, by calling back, runs after it has returned.
 */
export class Effects {
  readonly #waiting: (() => void)[] = [];
  #isRunning = false;

  add(effect: () => void): void {
    this.#waiting.push(effect);
  }

  /**
   * Runs what waits. Inside an effect it does nothing: the flush that runs that effect goes on to what was
   * added.
   *
   * @throws the first error of an effect, after all have run: one that fails must not keep the others from
   *   being carried out.
   */
  flush(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    const errors: unknown[] = [];
    for (let effect = this.#waiting.shift(); effect !== undefined; effect = this.#waiting.shift()) {
      try {
        effect();
      } catch (error) {
        errors.push(error);
      }
    }
    this.#isRunning = false;
    if (errors.length > 0) throw errors[0];
  }
}
