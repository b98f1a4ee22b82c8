import { withinLimit } from '../../base/time-limit';

interface Step {
  readonly title: string | undefined;
  readonly undo: () => Promise<void> | void;
  /** An attempt that still runs: no second one is begun beside it. */
  attempt: Promise<void> | undefined;
  isUndone: boolean;
}

/** A step that could not be undone. */
export interface TeardownFailure {
  /** Left out where the message says enough. */
  readonly title: string | undefined;
  readonly error: unknown;
}

/**
 * How to undo what was done, in reverse order. A step that fails stays, so that a later unwinding tries it
 * again.
 */
export class TeardownStack {
  #steps: Step[] = [];

  push(title: string | undefined, undo: () => Promise<void> | void): void {
    this.#steps.push({ title, undo, attempt: undefined, isUndone: false });
  }

  /** Runs every step, also when some fail or take longer than `limitMs` each. */
  async unwind(limitMs: number): Promise<TeardownFailure[]> {
    const failures: TeardownFailure[] = [];
    const failed: Step[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      const late = (): Error => new Error(`took longer than the stop limit of ${limitMs} ms`);
      try {
        await withinLimit(attempt(step), limitMs, late);
      } catch (error) {
        failures.push({ title: step.title, error });
        failed.unshift(step);
      }
    }
    this.#steps = [...failed, ...this.#steps];
    return failures;
  }
}

async function attempt(step: Step): Promise<void> {
  if (step.isUndone) return;
  step.attempt ??= Promise.resolve()
    .then(step.undo)
    .then(() => void (step.isUndone = true))
    .finally(() => (step.attempt = undefined));
  await step.attempt;
}
