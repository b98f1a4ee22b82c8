// Not the globals: tests may put fake timers in their place.
import { performance } from 'node:perf_hooks';
import { clearTimeout, setTimeout } from 'node:timers';
import { ModelProviderError } from '../pattern/errors';

/** What is under way, and can be ended before it has an answer. */
export interface Endable {
  /** Ends it; an answer that comes later is void. */
  end(reason: Error, isLate: boolean): void;
}

/**
 * What an evaluation has under way: each ends when its time is up, and all of them when the run ends. One timer watches all, since
 * one for each would cost more than the rest of a quick sample.
 */
export class UnderWay {
  readonly #timeoutMs: number;
  readonly #ending = new AbortController();
  /** When each is due. All have the same time, so that the first is due first. */
  readonly #due = new Map<Endable, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Aborted when the run is being ended: what is under way is void then. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  add(endable: Endable): void {
    this.ending.throwIfAborted();
    this.#due.set(endable, performance.now() + this.#timeoutMs);
    this.#timer ??= setTimeout(() => this.#endLate(), this.#timeoutMs);
  }

  delete(endable: Endable): void {
    this.#due.delete(endable);
  }

  /** Ends all of it; nothing can be added any more. */
  endAll(reason: Error): void {
    this.#ending.abort(reason);
    for (const endable of this.#due.keys()) endable.end(reason, false);
  }

  /** Stops the watch. */
  close(): void {
    clearTimeout(this.#timer);
  }

  #endLate(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const [endable, due] of this.#due) {
      if (due > now) {
        this.#timer = setTimeout(() => this.#endLate(), due - now);
        return;
      }
      this.#due.delete(endable);
      const message = `took longer than its ${this.#timeoutMs} ms`;
      endable.end(new ModelProviderError('EVAL_FAILED', message), true);
    }
  }
}
