import { jsonNumbers, replaceJsonNumbers } from '../../base/json-numbers';

/** A number of a JSON text that JavaScript has no number for. */
export interface InexactNumber {
  /** The keys and indexes that lead to it. */
  readonly path: readonly (string | number)[];
  readonly written: string;
}

// Nothing shorter can be one, and a text that has nothing of the kind need not be read twice. Digits behind a
// point, as embeddings have them, are no integer.
const suspicious = /(?:^|[-\s,:[])(?:\d{16}|\d+(?:\.\d+)?[eE][+-]?\d{3})/;

/**
 * The numbers of a JSON text that would become others: integers that a double cannot hold, such as ids of 64
 * bits, and numbers beyond its range. A decimal fraction is the nearest double, as everywhere.
 *
 * @param text JSON that `JSON.parse` has accepted.
 */
export function inexactNumbers(text: string): InexactNumber[] {
  if (!suspicious.test(text)) return [];
  const found: InexactNumber[] = [];
  for (const { written, path } of jsonNumbers(text))
    if (!isExact(written)) found.push({ path: path(), written });
  return found;
}

/** A JSON text whose numbers all are their texts, to the digit. */
export function parseNumbersAsText(text: string): unknown {
  // What is no JSON is refused as it stands there.
  JSON.parse(text);
  return JSON.parse(replaceJsonNumbers(text, (written) => `"${written}"`)) as unknown;
}

function isExact(written: string): boolean {
  const value = Number(written);
  if (Number.isSafeInteger(value) && value !== 0) return true;
  if (!Number.isFinite(value)) return false;
  if (/^-?\d+$/.test(written)) return BigInt(written) === BigInt(value);
  return value !== 0 || /^[-+.0]*(?:[eE].*)?$/.test(written);
}
