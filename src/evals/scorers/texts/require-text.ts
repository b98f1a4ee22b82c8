import { kindOf } from '../../../base/kind-of';

/** Checks a text that JavaScript or a data set's row has given. */
export function requireText(what: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`${what} is ${kindOf(value)}; it must be a text`);
}
