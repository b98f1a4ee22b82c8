import { replaceJsonNumbers, jsonNumbers } from '../../../base/json-numbers';
import { decimalForm } from './decimal-form';

/**
 * JSON texts whose integers stay apart as doubles. `JSON.parse` takes 9007199254740993 for 9007199254740992;
 * here each integer that no other is becomes a double that no other is, the nearest one that is free, in the
 * order of the integers.
 *
 * @param texts of JSON that `JSON.parse` has accepted.
 */
export function withDistinctIntegers(texts: readonly string[]): readonly string[] {
  const integers = texts.flatMap((text) =>
    [...jsonNumbers(text)].flatMap(({ written }) => largeInteger(written) ?? []),
  );
  if (integers.every((integer) => BigInt(Number(integer)) === integer)) return texts;
  const doubles = new Map([
    ...distinct(integers.filter((integer) => integer > 0n)),
    ...distinct(integers.filter((integer) => integer < 0n)),
  ]);
  return texts.map((text) =>
    replaceJsonNumbers(text, (written) => {
      const integer = largeInteger(written);
      return integer === undefined ? written : String(doubles.get(integer));
    }),
  );
}

/** An integer that a double may be unable to hold; undefined for all other numbers. */
function largeInteger(written: string): bigint | undefined {
  const value = Number(written);
  if (Number.isSafeInteger(value) || !Number.isFinite(value)) return undefined;
  const [digits = '', power = '0'] = (decimalForm(written) ?? '').split('e');
  return Number(power) < 0 ? undefined : BigInt(digits) * 10n ** BigInt(power);
}

/** Doubles for integers of one sign, farther and farther from 0. */
function distinct(integers: readonly bigint[]): [bigint, number][] {
  let last = 0;
  return [...new Set(integers)]
    .sort((a, b) => (absolute(a) < absolute(b) ? -1 : 1))
    .map((integer) => {
      last = Math.max(Number(absolute(integer)), nextUp(last));
      return [integer, integer < 0n ? -last : last];
    });
}

function absolute(integer: bigint): bigint {
  return integer < 0n ? -integer : integer;
}

/** The next larger double of a positive one: doubles are ordered as their bits are. */
function nextUp(value: number): number {
  const bits = new BigInt64Array(new Float64Array([value]).buffer);
  bits[0] = (bits[0] ?? 0n) + 1n;
  return new Float64Array(bits.buffer)[0] ?? value;
}
