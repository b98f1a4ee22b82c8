import type { CallsSummary } from '../log/eval-summary';
import type { CallRecord } from '../log/log-record';
import { NumberList } from './number-list';

/** Sums up calls. It holds numbers alone. */
export class CallStatistics {
  readonly #latencies = new NumberList();
  #calls = 0;
  /** Of the calls whose tokens are known. */
  #countedMs = 0;
  #promptTokens = 0;
  #completionTokens = 0;

  add({ ms, usage }: CallRecord): void {
    this.#calls += 1;
    this.#latencies.add(ms);
    if (usage === undefined) return;
    this.#countedMs += ms;
    this.#promptTokens += usage.promptTokens;
    this.#completionTokens += usage.completionTokens;
  }

  get summary(): CallsSummary {
    return {
      calls: this.#calls,
      latencyMs: this.#latencies.quantiles(),
      promptTokens: this.#promptTokens,
      completionTokens: this.#completionTokens,
      tokensPerSecond: this.#countedMs === 0 ? null : this.#completionTokens / (this.#countedMs / 1000),
    };
  }
}
