/** A step of a resource's end that the code of its holder would notice. */
export interface LateStep {
  /** Called when the holder is about to end; it can notice everything still. */
  readonly look: (holder: string) => Promise<void>;
  /** Called when it can notice nothing any more. */
  readonly end: () => Promise<void>;
}

/** The time for which somebody leases resources. Steps that it must not notice are put off until its end. */
export class LeaseHolding {
  readonly #name: string | undefined;
  readonly #steps: LateStep[] = [];
  #ended: Promise<unknown> | undefined;

  /** @param name of a test file, which ends within the session; undefined for holders of another kind. */
  constructor(name?: string) {
    this.#name = name;
    if (name === undefined) this.#ended = Promise.resolve();
  }

  /** Puts a step off; returns false if there is nothing to wait for. */
  putOff(step: LateStep): boolean {
    if (this.#ended !== undefined) return false;
    this.#steps.push(step);
    return true;
  }

  /** To be called when it is about to end. */
  async look(): Promise<void> {
    const name = this.#name ?? '';
    await Promise.all(this.#steps.map((step) => step.look(name)));
  }

  /** To be called when it has ended. Resolves when all steps are carried out; they must not throw. */
  async end(): Promise<void> {
    this.#ended ??= Promise.all(this.#steps.map((step) => step.end()));
    await this.#ended;
  }
}
