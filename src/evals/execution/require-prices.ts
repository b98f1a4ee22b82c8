import { ModelProviderError } from '../../base/errors';
import { nearest } from '../../base/nearest';
import type { LeasedResource } from '../../pattern/blocks/leased-resource';
import type { Prices } from '../../pattern/prices';
import { namesOf, priceOf, type PriceOf } from '../costs/model-price';
import { showCost } from '../costs/show-cost';

/**
 * Refuses a budget that could not be kept, since calls of a model cost something that nobody knows.
 *
 * @param models the models that the evaluation may use, leased.
 * @throws ModelProviderError `CONFIG_INVALID` naming the model.
 */
export function requirePrices(
  title: string,
  maxCost: number,
  prices: Prices,
  models: readonly LeasedResource[],
): void {
  const known = Object.keys(prices);
  const namesIn = ({ label, request }: LeasedResource): readonly string[] =>
    namesOf({ label, spec: request.spec });
  const nearestTo = (resource: LeasedResource): string | undefined =>
    namesIn(resource)
      .map((name) => nearest(name, known))
      .find((name) => name !== undefined);
  const model = models.find((resource) => {
    if (resource.handle.facts.replayed === true) return false;
    const price = priceOfLeased(prices, resource);
    // A local proxy costs what is behind it: its price may be misspelt.
    return price === 'unpriced' || (isLocalEndpoint(price, resource) && nearestTo(resource) !== undefined);
  });
  if (model === undefined) return;
  const { label } = model;
  const names = namesIn(model);
  const meant = nearestTo(model);
  throw new ModelProviderError(
    'CONFIG_INVALID',
    `"${title}" may cost ${showCost(maxCost)} (maxCost), but the price of "${label}" is not known, so that this cannot be kept: give it one in testEnvironmentOptions.evals.prices or EVALS_PRICES, as ${names.map((name) => `"${name}"`).join(' or ')}.${meant === undefined ? '' : ` There is a price of "${meant}".`}`,
    { details: { model: label } },
  );
}

function isLocalEndpoint(price: PriceOf, { handle }: LeasedResource): boolean {
  return price === 'own machine' && handle.facts.command === null;
}

/** The prices of leased models by their labels; undefined if none has one. */
export function pricesOf(prices: Prices, models: readonly LeasedResource[]): Prices | undefined {
  const found = models.flatMap((model): [string, Exclude<PriceOf, string>][] => {
    const price = priceOfLeased(prices, model);
    return typeof price === 'string' ? [] : [[model.label, price]];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

function priceOfLeased(prices: Prices, { label, request, handle }: LeasedResource): PriceOf {
  const { facts, lease } = handle;
  const connection = lease?.connection ?? null;
  return priceOf(prices, { label, spec: request.spec, origin: { facts, connection } });
}
