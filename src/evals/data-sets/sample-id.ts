import { requireActual } from '../../base/actual';

const stableStringify = requireActual(
  'safe-stable-stringify',
) as typeof import('safe-stable-stringify').default;
const { hash } = process.getBuiltinModule('node:crypto');

/**
 * The identity of a sample that names none: 16 hex digits of its named columns. It depends on their values
 * alone, not on the order of keys nor on where the row stands. Values that JSON cannot tell apart, such as
 * two functions, give one id.
 *
 * @param cells the named columns, or the value of the only one.
 */
export function sampleId(cells: unknown): string {
  // Not a slice of the hash's text: V8 would keep the whole text as long as the id.
  return hash('sha256', canonicalJson(cells), 'buffer').toString('hex', 0, 8);
}

/** JSON with sorted keys, of any value: circular references and BigInts have a text too. */
export function canonicalJson(value: unknown): string {
  return stableStringify(value) ?? 'null';
}
