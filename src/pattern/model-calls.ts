import { AsyncLocalStorage } from 'node:async_hooks';

/** One answered call of a model. */
export interface ModelCall {
  /** The client that made it. */
  readonly client: unknown;
  readonly latencyMs: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

const observers = new AsyncLocalStorage<(call: ModelCall) => void>();

/** Runs `fn` so that clients report its calls to `observer`: an evaluation knows tokens and latencies without asking its author. */
export function observeCalls<T>(observer: (call: ModelCall) => void, fn: () => T): T {
  return observers.run(observer, fn);
}

/** To be called by a client for every call that was answered. */
export function noteCall(call: ModelCall): void {
  observers.getStore()?.(call);
}
