import { readFileSync } from 'node:fs';
import { messageOf, ModelProviderError } from '../base/errors';
import { isPlainObject, parsedJson, showValue } from '../base/json';
import { unknownOption } from '../base/require-known';
import type { ModelPrice, Prices, TokenPrice } from '../pattern/prices';
import { pathOf, type Given } from './given-option';
import { litellmPrice } from './litellm-price';

const wanted =
  '{ input, output, cachedInput } for a million tokens each, or { pricePerHour } for a server of your own';
const ofTokens = ['input', 'output', 'cachedInput'];

/**
 * Reads prices by model: those of a configuration, or of a JSON file. In both, each may be written as here, or
 * as LiteLLM does.
 *
 * @throws ModelProviderError `CONFIG_INVALID` naming the model and what is wrong with its price, or the file.
 */
export function readPrices(given: Given | undefined): Prices {
  if (given === undefined) return {};
  const { value, name, directory } = given;
  if (typeof value === 'string') return ofFile(pathOf(value, directory), name);
  if (!isPlainObject(value))
    throw invalid(
      `${name} is ${showValue(value)}; it must be prices by model, or the path of a JSON file of them`,
    );
  return checked(value, name);
}

function ofFile(path: string, name: string): Prices {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw invalid(`${name} names ${path}, which cannot be read: ${messageOf(error)}`);
  }
  const prices = parsedJson(text);
  if (!isPlainObject(prices))
    throw invalid(`${name} names ${path}, which is no JSON object of prices by model`);
  return checked(prices, `${name}, in ${path}`);
}

function checked(given: Readonly<Record<string, unknown>>, where: string): Prices {
  const prices = Object.entries(given).flatMap(([model, price]): [string, ModelPrice][] => {
    if (!isPlainObject(price))
      throw invalid(`${where}: the price of "${model}" is ${showValue(price)}; write ${wanted}`);
    const found = 'litellm_provider' in price ? litellmPrice(price) : ownPrice(price, model, where);
    return found === undefined ? [] : [[model, found]];
  });
  return Object.fromEntries(prices);
}

function ownPrice(price: Readonly<Record<string, unknown>>, model: string, where: string): ModelPrice {
  const isOfTime = 'pricePerHour' in price;
  const problem = unknownOption(price, isOfTime ? ['pricePerHour'] : ofTokens);
  if (problem !== undefined)
    throw invalid(`${where}: in the price of "${model}" ${problem}; write ${wanted}`);
  for (const part of isOfTime ? ['pricePerHour'] : ['input', 'output'])
    requireAmount(price[part], `${where}: ${part} of "${model}"`);
  if (price['cachedInput'] !== undefined)
    requireAmount(price['cachedInput'], `${where}: cachedInput of "${model}"`);
  return price as ModelPrice & TokenPrice;
}

function requireAmount(amount: unknown, what: string): void {
  if (typeof amount === 'number' && Number.isFinite(amount) && amount >= 0) return;
  throw invalid(`${what} is ${showValue(amount)}; it must be a number of at least 0: write ${wanted}`);
}

function invalid(what: string): ModelProviderError {
  return new ModelProviderError('CONFIG_INVALID', `${what}.`);
}
