import { exactly } from '../../base/exactly';
import type { CallsSummary, CostSummary } from '../log/eval-summary';
import type { CallRecord } from '../log/log-record';
import { NumberList } from './number-list';

/** Sums up calls. It holds numbers alone. */
export class CallStatistics {
  readonly #latencies = new NumberList();
  readonly #firstTokens = new NumberList();
  #calls = 0;
  #failed = 0;
  #otherModels = 0;
  /** Of the answered calls whose tokens are known. */
  #countedMs = 0;
  #timedTokens = 0;
  #promptTokens = 0;
  #completionTokens = 0;
  #cachedTokens: number | undefined;
  #amount = 0;
  #priced = 0;
  #ownMachine = 0;
  #replayed = 0;
  #wouldBe: number | undefined;
  #unpriced = 0;

  add(call: CallRecord): void {
    this.#addCost(call);
    if (call.model !== undefined) this.#otherModels += 1;
    const { ms, firstTokenMs, usage, error, replayed } = call;
    if (usage !== undefined) {
      this.#promptTokens += usage.promptTokens;
      this.#completionTokens += usage.completionTokens;
      if (usage.cachedTokens !== undefined)
        this.#cachedTokens = (this.#cachedTokens ?? 0) + usage.cachedTokens;
    }
    if (error === undefined) this.#calls += 1;
    else this.#failed += 1;
    if (replayed === true) this.#replayed += 1;
    // How long it takes to get no answer, or a recorded one, says nothing of the model.
    if (error !== undefined || replayed === true) return;
    this.#latencies.add(ms);
    if (firstTokenMs !== undefined) this.#firstTokens.add(firstTokenMs);
    if (usage !== undefined) {
      this.#countedMs += ms;
      this.#timedTokens += usage.completionTokens;
    }
  }

  get summary(): CallsSummary {
    const firstTokenMs = this.#firstTokens.quantiles();
    return {
      calls: this.#calls,
      ...(this.#failed > 0 && { failed: this.#failed }),
      ...(this.#replayed > 0 && { replayed: this.#replayed }),
      ...(this.#otherModels > 0 && { otherModels: this.#otherModels }),
      latencyMs: this.#latencies.quantiles(),
      ...(firstTokenMs !== null && { firstTokenMs }),
      promptTokens: this.#promptTokens,
      completionTokens: this.#completionTokens,
      ...(this.#cachedTokens !== undefined && { cachedTokens: this.#cachedTokens }),
      ...(this.#calls + this.#failed > 0 && { cost: this.#cost }),
      tokensPerSecond: this.#countedMs === 0 ? null : this.#timedTokens / (this.#countedMs / 1000),
    };
  }

  #addCost({ cost, isOwnMachine, replayed, wouldCost }: CallRecord): void {
    if (replayed === true) {
      if (wouldCost !== undefined) this.#wouldBe = (this.#wouldBe ?? 0) + wouldCost;
      return;
    }
    this.#amount += cost ?? 0;
    if (cost === undefined) this.#unpriced += 1;
    else if (isOwnMachine === true) this.#ownMachine += 1;
    else this.#priced += 1;
  }

  get #cost(): CostSummary {
    return {
      amount: exactly(this.#amount),
      ...(this.#priced > 0 && { priced: this.#priced }),
      ...(this.#ownMachine > 0 && { ownMachine: this.#ownMachine }),
      ...(this.#unpriced > 0 && { unpriced: this.#unpriced }),
      ...(this.#wouldBe !== undefined && { wouldBe: exactly(this.#wouldBe) }),
    };
  }
}
