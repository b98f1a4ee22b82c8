import { isLoopback } from '../../base/loopback';
import { URL } from '../../base/real-globals';
import type { LeaseOrigin } from '../../pattern/lease-origin';
import { baseURLOf } from '../../pattern/model-connection';
import type { ModelPrice, Prices } from '../../pattern/prices';

/** A model as prices know it. */
export interface PricedModel {
  /** Its label in the evaluation, if it has one there. */
  readonly label?: string | undefined;
  /** `provider:name`. */
  readonly spec: string;
  readonly origin: LeaseOrigin | undefined;
}

/** What calls of a model cost: by a price, nothing since it is the user's own machine, or nobody knows. */
export type PriceOf = ModelPrice | 'own machine' | 'unpriced';

/**
 * The price of a model: that of its label, else of its spec, else of its name in the spec. Without a price a
 * server that a provider has launched, or that answers on this machine, is one's own; any other is unpriced.
 */
export function priceOf(prices: Prices, { label = '', spec, origin }: PricedModel): PriceOf {
  for (const name of namesOf({ label, spec })) {
    const price = Object.hasOwn(prices, name) ? prices[name] : undefined;
    if (price !== undefined) return price;
  }
  return origin !== undefined && isOwnMachine(origin) ? 'own machine' : 'unpriced';
}

/** Under which names a price of the model is looked for, the first first. */
export function namesOf({ label = '', spec }: Pick<PricedModel, 'label' | 'spec'>): string[] {
  const names = [label, spec, spec.slice(spec.indexOf(':') + 1)];
  return [...new Set(names)].filter((name) => name !== '');
}

function isOwnMachine(origin: LeaseOrigin): boolean {
  if (origin.facts.command !== null) return true;
  const address = baseURLOf(origin.connection);
  if (address === undefined) return false;
  return isLoopback(new URL(address).hostname);
}
