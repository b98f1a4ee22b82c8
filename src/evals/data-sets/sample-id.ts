import { hash } from 'node:crypto';
import stableStringify from 'safe-stable-stringify';

/**
 * The identity of a sample that names none: 16 hex digits of its named columns. It depends on their values alone, not on the order
 * of keys nor on where the row stands. Values that JSON cannot tell apart, such as two functions, give one id.
 *
 * @param cells the named columns, or the value of the only one.
 */
export function sampleId(cells: unknown): string {
  // Not a slice of the whole hash's text, which would be kept as long as the id.
  return hash('sha256', canonicalJson(cells), 'buffer').toString('hex', 0, 8);
}

/** JSON with sorted keys. It is never lost for what JSON lacks: a circle and a BigInt have a text too. */
export function canonicalJson(value: unknown): string {
  return stableStringify(value) ?? 'null';
}
