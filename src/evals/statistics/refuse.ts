import { ModelProviderError } from '../../base/errors';
import { isFinite } from '../../base/hot-globals';

/** The error for an argument outside the domain of a formula: NaN would travel unseen into a report. */
export function refusal(message: string): ModelProviderError {
  return new ModelProviderError('EVAL_INVALID', message);
}

/**
 * @throws ModelProviderError `EVAL_INVALID` unless there is at least one value and all are finite numbers or
 *   booleans.
 */
export function requireValues(caller: string, values: readonly (number | boolean)[]): void {
  if (values.length === 0) throw refusal(`${caller}: there are no values.`);
  const wrong = values.find((value) => typeof value !== 'boolean' && !isFinite(value));
  if (wrong !== undefined) throw refusal(`${caller}: ${String(wrong)} is not a finite number.`);
}

/** @throws ModelProviderError `EVAL_INVALID` unless `value` is a whole number of at least 1. */
export function requireCount(caller: string, name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1)
    throw refusal(`${caller}: ${name} is ${String(value)}; it must be a whole number of at least 1.`);
}

/** @throws ModelProviderError `EVAL_INVALID` unless `value` is one of `known`. */
export function requireOneOf(caller: string, name: string, value: string, known: readonly string[]): void {
  if (!known.includes(value))
    throw refusal(`${caller}: ${name} is ${JSON.stringify(value)}; it must be one of ${known.join(', ')}.`);
}
