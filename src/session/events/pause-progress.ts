// Not the globals: tests of users may put fake timers in their place.
import { performance } from 'node:perf_hooks';
import { clearTimeout, setTimeout } from 'node:timers';
import type { EndpointPause } from '../../pattern/endpoint-pause';
import type { ProgressPrinter } from './progress';

interface Shown {
  readonly until: number;
  readonly watch: { done(): void };
  readonly timer: NodeJS.Timeout;
}

// Pauses that follow each other are shown as one.
const quietMs = 2000;

/** Prints which endpoints nobody sends requests to, as long as they have too many. */
export class PauseProgress {
  readonly #printer: ProgressPrinter;
  readonly #shown = new Map<string, Shown>();

  constructor(printer: ProgressPrinter) {
    this.#printer = printer;
  }

  show({ endpoint, ms }: EndpointPause): void {
    const now = performance.now();
    const before = this.#shown.get(endpoint);
    clearTimeout(before?.timer);
    const until = Math.max(before?.until ?? 0, now + ms);
    const watch = before?.watch ?? this.#watch(endpoint);
    const end = (): void => {
      watch.done();
      this.#shown.delete(endpoint);
    };
    this.#shown.set(endpoint, { until, watch, timer: setTimeout(end, until - now + quietMs).unref() });
  }

  #watch(endpoint: string): Shown['watch'] {
    const left = (): string | undefined => {
      const leftMs = (this.#shown.get(endpoint)?.until ?? 0) - performance.now();
      return leftMs > 0 ? `${Math.ceil(leftMs / 1000)} s to go` : undefined;
    };
    return this.#printer.watch(endpoint, 'had too many requests (429): paused', left);
  }
}
