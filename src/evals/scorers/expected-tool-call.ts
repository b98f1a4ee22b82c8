import type { ToolCall } from '../../answers/answer';
import { isObject, parsedJson, showValue, stableStringify, type Json } from '../../base/json';
import { kindOf } from '../../base/kind-of';
import { requireKnown } from '../../base/require-known';
import { exactJson } from './texts/exact-json';

/** A call that is expected of the model. */
export interface ExpectedToolCall {
  readonly name: string;
  /**
   * Compared as JSON, whatever the order of the keys; any arguments are right if it is left out. As a JSON text
   * its numbers are compared to the digit: an object cannot hold ids of 64 bits.
   */
  readonly arguments?: Readonly<Record<string, unknown>> | string;
}

/** An expected call, to be found among those that were made. */
export interface WantedCall {
  readonly name: string;
  /** Whether the arguments of a call are the expected ones; undefined if any are right. */
  readonly fits: ((call: Arguments) => boolean) | undefined;
}

type Arguments = Pick<ToolCall, 'arguments' | 'written'>;

/**
 * What a user expects.
 *
 * @param known the keys that it may have.
 * @throws TypeError for what is no call.
 */
export function wantedCall(call: unknown, known: readonly string[]): WantedCall {
  const { name, arguments: given } = (call ?? {}) as Partial<ExpectedToolCall>;
  if (typeof name !== 'string')
    throw new TypeError(`expected is ${kindOf(call)}; it must be { name, arguments }, or a list of them`);
  requireKnown(call as object, known);
  if (given === undefined) return { name, fits: undefined };
  if (typeof given === 'string') return { name, fits: fitsText(given) };
  if (!isObject(given))
    throw new TypeError(
      `the expected arguments are ${kindOf(given)}; they must be an object, or its JSON text`,
    );
  return { name, fits: fitsObject(given) };
}

function fitsText(text: string): WantedCall['fits'] {
  if (!isObject(parsedJson(text)))
    throw new TypeError(
      `the expected arguments are ${showValue(text)}; as a text they must be a JSON object`,
    );
  const exact = exactJson(text);
  return ({ arguments: given, written }) =>
    // A call without arguments may have no text at all.
    given !== undefined && exactJson(written.trim() === '' ? '{}' : written) === exact;
}

function fitsObject(expected: Readonly<Record<string, unknown>>): WantedCall['fits'] {
  // As JSON keeps it: without what is undefined.
  const json = stableStringify(JSON.parse(JSON.stringify(expected)) as Json);
  return ({ arguments: given }) => given !== undefined && stableStringify(given as Json) === json;
}
