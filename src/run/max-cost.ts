import { ModelProviderError } from '../base/errors';
import type { EvalRun } from '../pattern/eval-run';
import { showValue } from '../base/json';
import type { Given } from './given-option';

/** @throws ModelProviderError `CONFIG_INVALID` for what is no number above 0. */
export function readMaxCost(given: Given | undefined): EvalRun['maxCost'] {
  if (given === undefined) return null;
  const { value, name, isVariable } = given;
  const amount = isVariable ? Number(value) : value;
  if (typeof amount === 'number' && Number.isFinite(amount) && amount > 0)
    return { amount, isOnly: isVariable };
  throw new ModelProviderError(
    'CONFIG_INVALID',
    `${name} is ${showValue(value)}; it must be a number above 0, in the currency of the prices.`,
  );
}
