import { maxTimerMs } from '../pattern/constraints';

/** Calls back when nothing has been used for a while. Keeps the process alive until then. */
export class TimeToLive {
  /** Takes effect at the next {@link restart}. */
  ttlMs = maxTimerMs;
  readonly #isInUse: () => boolean;
  readonly #onEnd: () => void;
  #since = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(isInUse: () => boolean, onEnd: () => void) {
    this.#isInUse = isInUse;
    this.#onEnd = onEnd;
    this.restart();
  }

  get remainingMs(): number {
    return Math.max(0, Math.round(this.#since + this.ttlMs - performance.now()));
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Starts counting anew. */
  restart(): void {
    this.#since = performance.now();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#isInUse()) this.restart();
      else this.#onEnd();
    }, this.ttlMs);
  }
}
