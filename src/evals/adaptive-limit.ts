/** Successes in a row after which one more may be in flight. */
const growAfter = 10;

/**
 * How many samples may be in flight: at most `max`, half as many each time an endpoint says that there were too many, and slowly
 * more again. Additive increase and multiplicative decrease, as TCP does it (D.-M. Chiu, R. Jain (1989), Computer Networks and ISDN
 * Systems 17).
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

  /** Waits for room. Without a promise if there is some: most evaluations never wait. */
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
    if (this.#successes < growAfter) return;
    this.#successes = 0;
    this.#limit += 1;
    this.#admit();
  }

  /** @param sentAt when the refused request was sent: those of one volley slow down once. */
  slowDown(sentAt: number, now: number): void {
    if (sentAt < this.#slowedAt) return;
    this.#slowedAt = now;
    this.#successes = 0;
    this.#limit = Math.max(1, Math.floor(this.#limit / 2));
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
