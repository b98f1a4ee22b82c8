import { stableStringify, type Json } from '../../../base/json';
import { replaceJsonNumbers } from '../../../base/json-numbers';
import { decimalForm } from './decimal-form';

// No text of a model begins with it.
const mark = String.raw`\u0000number `;

/**
 * JSON in one form for each value, its numbers to the digit: 1.0 and 1 are one, 9007199254740993 and
 * 9007199254740992 are two, which `JSON.parse` would take for one.
 *
 * @throws SyntaxError for what is no JSON.
 */
export function exactJson(text: string): string {
  JSON.parse(text);
  const exact = replaceJsonNumbers(text, (written) => `"${mark}${decimalForm(written) ?? written}"`);
  return stableStringify(JSON.parse(exact) as Json);
}
