import { ModelProviderError } from '../../base/errors';
import { isFinite } from '../../base/hot-globals';
import { showValue } from '../../base/json';
import { unknownOption } from '../../base/require-known';

/** The most draws: a bootstrap of a thousand samples takes about a minute with them. */
const mostDraws = 1_000_000;

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
  // An index: what is wrong may be undefined itself.
  const wrong = values.findIndex((value) => typeof value !== 'boolean' && !isFinite(value));
  if (wrong >= 0) throw refusal(`${caller}: ${showValue(values[wrong])} is not a finite number.`);
}

/** @throws ModelProviderError `EVAL_INVALID` unless `value` is a whole number of at least 1. */
export function requireCount(caller: string, name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1)
    throw refusal(`${caller}: ${name} is ${String(value)}; it must be a whole number of at least 1.`);
}

/** @throws ModelProviderError `EVAL_INVALID` unless `value` is one of `known`. */
export function requireOneOf(caller: string, name: string, value: string, known: readonly string[]): void {
  if (!known.includes(value))
    throw refusal(`${caller}: ${name} is ${showValue(value)}; it must be one of ${known.join(', ')}.`);
}

/** @throws ModelProviderError `EVAL_INVALID` for what is no object, and for an option that is not `known`. */
export function requireOptions(caller: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw refusal(
      `${caller}: the options are ${showValue(options)}; they must be an object, such as { seed: 1 }.`,
    );
  const problem = unknownOption(options, known);
  if (problem !== undefined) throw refusal(`${caller}: ${problem}.`);
}

/** @throws ModelProviderError `EVAL_INVALID` for a seed or a number of draws that cannot be meant. */
export function requireDraws(
  caller: string,
  { seed = 0, draws = 1 }: { seed?: number; draws?: number },
): void {
  if (!Number.isSafeInteger(seed))
    throw refusal(`${caller}: seed is ${showValue(seed)}; it must be a whole number.`);
  requireCount(caller, 'draws', draws);
  if (draws > mostDraws) throw refusal(`${caller}: draws is ${draws}; it must be ${mostDraws} at most.`);
}
