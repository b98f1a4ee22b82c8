import type { LeasedResource } from '../../pattern/blocks/leased-resource';
import { originOf } from '../../pattern/lease-origin';
import type { CallFacts, ModelCall } from '../../pattern/model-calls';
import { baseURLOf } from '../../pattern/model-connection';
import type { ModelPrice, Prices, TimePrice } from '../../pattern/prices';
import { BusyTime } from '../costs/busy-time';
import { priceOf, type PriceOf } from '../costs/model-price';
import { exactly } from '../../base/exactly';
import { tokenCost } from '../costs/token-cost';
import type { CallCost } from '../log/log-record';

// Not the global: tests may put fake timers in its place.
const { performance } = process.getBuiltinModule('node:perf_hooks');

const hourMs = 3_600_000;

/** Who is told what the calls cost. */
export interface Payer {
  /** A call has cost so much. */
  paid(cost: number): void;
  /** A call was answered by what costs something, and nobody knows how much: its price or its tokens are missing. */
  unknown(call: ModelCall, price: PriceOf): void;
}

/** Finds what the calls of an evaluation cost, and tells it. */
export class CallCosts {
  readonly #prices: Prices;
  readonly #around: readonly LeasedResource[];
  readonly #payer: Payer;
  readonly #found = new WeakMap<AbortSignal, Map<string, PriceOf>>();
  /** By server: two leases of one are not paid twice. */
  readonly #busy = new Map<string, BusyTime>();

  /** @param around the resources that the evaluation may use, whose labels prices may name. */
  constructor(prices: Prices, around: readonly LeasedResource[], payer: Payer) {
    this.#prices = prices;
    this.#around = around;
    this.#payer = payer;
  }

  /** To be called once for each call, when it has ended. */
  of(call: ModelCall): CallCost {
    const price = this.#priceOf(call);
    if (call.facts.replayed === true) return { cost: 0, ...this.#wouldCost(call, price) };
    if (price === 'own machine') return { cost: 0, isOwnMachine: true };
    const cost = price === 'unpriced' ? undefined : this.#costOf(call, price);
    if (cost !== undefined) {
      this.#payer.paid(cost);
      return { cost };
    }
    // What a call has cost that broke off is not known either, and is no fault of prices or counts.
    if (call.facts.error === undefined) this.#payer.unknown(call, price);
    return {};
  }

  /** What a replayed call would cost if its model were asked; nothing where only the time of a server costs. */
  #wouldCost({ facts: { usage } }: ModelCall, price: PriceOf): Pick<CallCost, 'wouldCost'> {
    const isByTokens = typeof price !== 'string' && 'input' in price && usage !== undefined;
    const wouldCost = isByTokens ? tokenCost(price, usage) : undefined;
    return wouldCost === undefined ? {} : { wouldCost };
  }

  #priceOf({ lease, spec, facts: { model = '' } }: ModelCall): PriceOf {
    const found = this.#found.get(lease) ?? new Map<string, PriceOf>();
    this.#found.set(lease, found);
    const price = found.get(model) ?? this.#findPrice(lease, spec, model);
    found.set(model, price);
    return price;
  }

  /** @param model another model of the endpoint, which has a price of its own; empty for the one that is leased. */
  #findPrice(lease: AbortSignal, spec: string, model: string): PriceOf {
    const origin = originOf(lease);
    if (model !== '')
      return priceOf(this.#prices, { label: undefined, spec: spec.replace(/:[^]*$/, `:${model}`), origin });
    const label = this.#around.find(({ handle }) => handle.isOf(lease))?.label;
    return priceOf(this.#prices, { label, spec, origin });
  }

  #costOf(call: ModelCall, price: ModelPrice): number | undefined {
    const { facts } = call;
    if ('pricePerHour' in price) return this.#timeCost(call, price);
    if (facts.usage !== undefined) return tokenCost(price, facts.usage);
    return isRefused(facts) ? 0 : undefined;
  }

  #timeCost({ facts, lease, spec }: ModelCall, { pricePerHour }: TimePrice): number {
    const server = baseURLOf(originOf(lease)?.connection) ?? spec;
    const busy = this.#busy.get(server) ?? new BusyTime();
    this.#busy.set(server, busy);
    const now = performance.now();
    return exactly((busy.add(now - facts.ms, now) / hourMs) * pricePerHour);
  }
}

/** Whether the server has answered with an error instead of tokens. */
function isRefused({ error, status = 0 }: CallFacts): boolean {
  return error !== undefined && status >= 400;
}
