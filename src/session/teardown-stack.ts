interface Step {
  readonly title: string;
  readonly undo: () => Promise<void> | void;
}

/** A step that could not be undone. */
export interface TeardownFailure {
  readonly title: string;
  readonly error: unknown;
}

/** How to undo what was done, in reverse order. A step that fails stays, so that a later unwinding tries it again. */
export class TeardownStack {
  #steps: Step[] = [];

  push(title: string, undo: () => Promise<void> | void): void {
    this.#steps.push({ title, undo });
  }

  /** Runs every step, also when some fail. */
  async unwind(): Promise<TeardownFailure[]> {
    const failures: TeardownFailure[] = [];
    const failed: Step[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step.undo();
      } catch (error) {
        failures.push({ title: step.title, error });
        failed.unshift(step);
      }
    }
    this.#steps = [...failed, ...this.#steps];
    return failures;
  }
}
