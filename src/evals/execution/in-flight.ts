import { ModelProviderError } from '../../base/errors';
import { AbortController } from '../../base/real-globals';

// Not the globals: tests may put fake timers in their place.
const { performance } = process.getBuiltinModule('node:perf_hooks');
const { clearTimeout, setTimeout } = process.getBuiltinModule('node:timers');

/** What is in flight, and can be cancelled before it has an answer. */
export interface Cancellable {
  /**
   * An answer that comes later is void.
   *
   * @param isLate whether its time is up.
   */
  cancel(reason: Error, isLate: boolean): void;
}

interface Held {
  readonly leftMs: number;
  /** Undefined while it is held. */
  readonly due: number | undefined;
  readonly timer: NodeJS.Timeout | undefined;
}

/**
 * What an evaluation has in flight: each is cancelled when its time is up, and all of them when the run ends.
 * One timer watches all, since one for each would cost more than the rest of a quick sample; those that have
 * been held have one each.
 */
export class InFlight {
  readonly #timeoutMs: number;
  readonly #cancellation = new AbortController();
  /** When each is due that has not been held. All have the same time, so that the first is due first. */
  readonly #due = new Map<Cancellable, number>();
  #timer: NodeJS.Timeout | undefined;
  /** Those that have been held, each with a time of its own. */
  readonly #held = new Map<Cancellable, Held>();

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Aborted by {@link cancelAll}: what is in flight then is void. */
  get signal(): AbortSignal {
    return this.#cancellation.signal;
  }

  /** @throws the reason of {@link cancelAll} after it. */
  add(item: Cancellable): void {
    this.signal.throwIfAborted();
    this.#due.set(item, performance.now() + this.#timeoutMs);
    this.#timer ??= setTimeout(() => this.#cancelAllLate(), this.#timeoutMs);
  }

  delete(item: Cancellable): void {
    if (this.#due.delete(item)) return;
    clearTimeout(this.#held.get(item)?.timer);
    this.#held.delete(item);
  }

  /** Stops the time of an item: it waits for something that is no fault of its own. */
  hold(item: Cancellable): void {
    const now = performance.now();
    const due = this.#due.get(item) ?? this.#held.get(item)?.due;
    if (due === undefined) return;
    this.delete(item);
    this.#held.set(item, { leftMs: due - now, due: undefined, timer: undefined });
  }

  /** Lets the time of a held item pass again. */
  goOn(item: Cancellable): void {
    const { leftMs } = this.#held.get(item) ?? {};
    if (leftMs === undefined) return;
    const timer = setTimeout(() => this.#cancelLate(item), leftMs);
    this.#held.set(item, { leftMs, due: performance.now() + leftMs, timer });
  }

  /** Cancels all of it; nothing can be added any more. */
  cancelAll(reason: Error): void {
    this.#cancellation.abort(reason);
    for (const item of [...this.#due.keys(), ...this.#held.keys()]) item.cancel(reason, false);
  }

  /** Stops the timers. */
  close(): void {
    clearTimeout(this.#timer);
    for (const { timer } of this.#held.values()) clearTimeout(timer);
  }

  #cancelAllLate(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const [item, due] of this.#due) {
      if (due > now) {
        this.#timer = setTimeout(() => this.#cancelAllLate(), due - now);
        return;
      }
      this.#cancelLate(item);
    }
  }

  #cancelLate(item: Cancellable): void {
    this.delete(item);
    const message = `took longer than its ${this.#timeoutMs} ms`;
    item.cancel(new ModelProviderError('EVAL_FAILED', message), true);
  }
}
