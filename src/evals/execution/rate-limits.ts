import { anySignal } from '../../base/any-signal';
import { gateOf, isAnyPaused } from '../../answers/endpoint-gate';
import { hadTooMany, hopelessness, retryAfterMs } from './error-kind';

const { setTimeout: delay } = process.getBuiltinModule('node:timers/promises');

/** Whether a trial that had too many requests runs again when its endpoint wants to be asked again. */
export type TooManyVerdict = 'again' | 'waitedTooLong';

/**
 * Keeps trials from endpoints that have too many requests, whatever client asks them. The calls of our clients
 * wait by themselves. Another client passes its 429 on, and can only be asked again with the whole trial.
 */
export class RateLimits {
  readonly #endpoints: () => readonly string[];
  readonly #maxWaitMs: number;
  #wasRefused = false;

  /** @param endpoints the base URLs of the leased endpoints. */
  constructor(endpoints: () => readonly string[], maxWaitMs: number) {
    this.#endpoints = endpoints;
    this.#maxWaitMs = maxWaitMs;
  }

  /**
   * Resolves when a trial may begin, at the latest when `signal` aborts. No promise where it may begin now:
   * most never wait. Where the wait would be too long it begins as well, and is refused.
   */
  enter(signal: AbortSignal): Promise<void> | undefined {
    return isAnyPaused() && this.#leftMs > 0 ? this.#wait(signal) : undefined;
  }

  async #wait(signal: AbortSignal): Promise<void> {
    // A signal for each wait: many trials may wait at once, and Node warns of many listeners on one signal.
    const ends = anySignal(signal);
    for (let leftMs = this.#leftMs; leftMs > 0 && !ends.aborted; leftMs = this.#leftMs)
      await delay(leftMs, undefined, { signal: ends }).catch(() => undefined);
  }

  /** Milliseconds until none of the endpoints is paused for a time that may be waited. */
  get #leftMs(): number {
    const left = this.#endpoints().map((endpoint) => gateOf(endpoint).leftMs);
    return Math.max(0, ...left.filter((ms) => ms <= this.#maxWaitMs));
  }

  /**
   * Pauses the endpoint for the whole run if it has refused a trial because there were too many requests.
   *
   * @param sentAt when the trial began: `performance.now()`.
   * @returns undefined for any other error.
   */
  refused(cause: unknown, sentAt: number): TooManyVerdict | undefined {
    const maxWaitMs = this.#maxWaitMs;
    const refusing = hadTooMany(cause, this.#endpoints());
    const isHopeless = hopelessness(cause, refusing, { maxWaitMs, hasAnswered: true }) !== undefined;
    if (refusing.length === 0 || isHopeless) return undefined;
    this.#wasRefused = true;
    const tooMany = { sentAt, retryAfterMs: retryAfterMs(cause), maxWaitMs };
    const mayWait = refusing.map((endpoint) => gateOf(endpoint).refusedOther(tooMany));
    return mayWait.every(Boolean) ? 'again' : 'waitedTooLong';
  }

  /** A trial has ended, and no endpoint has refused it. */
  passed(): void {
    if (!this.#wasRefused) return;
    for (const endpoint of this.#endpoints()) gateOf(endpoint).answeredOther();
  }
}
