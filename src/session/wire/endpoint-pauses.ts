// Not the global: tests may put fake timers in its place.
import { performance } from 'node:perf_hooks';
import type { EndpointPause } from '../../pattern/endpoint-pause';

type Listener = (pause: EndpointPause) => void;

/** The pauses of endpoints that one process knows, and who has to be told of them. */
export class EndpointPauses {
  readonly #until = new Map<string, number>();
  readonly #listeners = new Set<Listener>();

  /** @param from is not told: it has said so. */
  add(pause: EndpointPause, from?: Listener): void {
    const { endpoint, ms } = pause;
    this.#until.set(endpoint, Math.max(this.#until.get(endpoint) ?? -Infinity, performance.now() + ms));
    for (const listener of this.#listeners) if (listener !== from) listener(pause);
  }

  /** Tells `listener` what is paused now, and every pause to come. Returns how to stop that. */
  listen(listener: Listener): () => void {
    for (const [endpoint, until] of this.#until) {
      const ms = until - performance.now();
      if (ms > 0) listener({ endpoint, ms });
    }
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
