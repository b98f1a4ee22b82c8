import { anySignal } from '../../base/any-signal';
import { ModelProviderError } from '../../base/errors';

/** One thing that must be true of a server before it is ready. */
export interface ReadinessCheck {
  /** What the start waits for while this check fails, for progress lines: "health", "model list". */
  readonly title: string;
  /** Resolves to true if it holds, to a reason if it does not hold yet; throws if it never will. */
  check(signal: AbortSignal): Promise<true | string>;
}

/** Limits of a wait, in milliseconds. */
export interface ReadinessLimits {
  /**
   * Time without a sign of life (new log bytes, another answer of a check) after which the start has stalled.
   */
  readonly stallMs: number;
  /** Time one check may take. */
  readonly requestMs: number;
}

export interface ReadinessWatch {
  readonly signal: AbortSignal;
  /** Grows while the server works, for example the size of its log. */
  signOfLife(): number;
  progress(message: string): void;
}

/**
 * Waits until every check holds, one after the other. The first polls are a few milliseconds apart, since
 * small models load fast, and none is more than 50 ms after the last one in the first ten seconds.
 *
 * @throws ModelProviderError `SETUP_STALLED`; the signal's reason if it aborts; whatever a check throws.
 */
export async function waitUntilReady(
  checks: readonly ReadinessCheck[],
  limits: ReadinessLimits,
  watch: ReadinessWatch,
): Promise<void> {
  const start = performance.now();
  const stall = new StallClock(limits.stallMs);
  for (const check of checks) {
    watch.progress(`waiting for ${check.title}`);
    for (;;) {
      const result = await attempt(check, limits.requestMs, watch.signal);
      if (result === true) break;
      if (stall.isOver(`${check.title} ${result} ${watch.signOfLife()}`))
        throw stalled(check, result, limits.stallMs);
      const begin = performance.now();
      const ms = pollInterval(begin - start);
      await pause(ms, watch.signal);
      stall.forgive(Math.max(0, performance.now() - begin - ms));
    }
  }
}

/**
 * Milliseconds to the next poll after a wait so far: on average readiness is noticed a hundredth of the wait
 * late.
 */
export function pollInterval(elapsedMs: number): number {
  const interval = elapsedMs / 50;
  return Math.min(Math.max(interval, 2), elapsedMs < 10_000 ? 50 : 500);
}

class StallClock {
  readonly #limitMs: number;
  #seen = '';
  #since = performance.now();

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** A pause that lasted longer than it should is no stall of the server: this process stood still. */
  forgive(ms: number): void {
    this.#since += ms;
  }

  isOver(state: string): boolean {
    if (state !== this.#seen) {
      this.#seen = state;
      this.#since = performance.now();
    }
    return performance.now() - this.#since > this.#limitMs;
  }
}

async function attempt(
  check: ReadinessCheck,
  requestMs: number,
  signal: AbortSignal,
): Promise<true | string> {
  signal.throwIfAborted();
  const limit = AbortSignal.timeout(requestMs);
  try {
    return await check.check(anySignal(signal, limit));
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted) return `no answer within ${requestMs} ms`;
    throw error;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

function stalled(check: ReadinessCheck, reason: string, stallMs: number): ModelProviderError {
  return new ModelProviderError(
    'SETUP_STALLED',
    `The server made no progress for ${Math.round(stallMs / 1000)} s while waiting for ${check.title} (${reason}).`,
  );
}
