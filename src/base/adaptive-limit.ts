/**
 * How many may be in flight: at most `max`, half of those that are each time there were too many, and one more
 * again after as many successes as may be in flight. Additive increase and multiplicative decrease, as TCP does
 * it (D.-M. Chiu, R. Jain (1989), Computer Networks and ISDN Systems 17).
 */
export class AdaptiveLimit {
  readonly #max: number;
  readonly #waiting: (() => void)[] = [];
  #limit: number;
  #inFlight = 0;
  #successes = 0;
  #slowedAt = -Infinity;

  constructor(max: number) {
    this.#max = max;
    this.#limit = max;
  }

  get current(): number {
    return this.#limit;
  }

  /**
   * Resolves when one more may be in flight. No promise where it may at once: most never wait.
   */
  enter(): Promise<void> | undefined {
    if (this.#inFlight < this.#limit) {
      this.#inFlight += 1;
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  leave(): void {
    this.#inFlight -= 1;
    this.#admit();
  }

  succeeded(): void {
    if (this.#limit === this.#max) return;
    this.#successes += 1;
    if (this.#successes >= this.#limit) this.grow();
  }

  /** Lets one more be in flight. */
  grow(): void {
    this.#successes = 0;
    this.#limit = Math.min(this.#max, this.#limit + 1);
    this.#admit();
  }

  /**
   * Call it while what was refused is still in flight.
   *
   * @param sentAt when it was sent: those in flight together slow it down once.
   */
  slowDown(sentAt: number, now: number): void {
    if (sentAt < this.#slowedAt) return;
    this.#slowedAt = now;
    this.#successes = 0;
    this.#limit = Math.max(1, Math.floor(Math.min(this.#limit, this.#inFlight) / 2));
  }

  #admit(): void {
    while (this.#inFlight < this.#limit) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#inFlight += 1;
      next();
    }
  }
}
