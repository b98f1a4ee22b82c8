import { getPrototypeOf, isArray } from './hot-globals';

const { inspect } = process.getBuiltinModule('node:util');

/** What may cross a process border unchanged. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json | undefined };

/** The path, such as `.keys[2]`, to what JSON would lose or change in `value`; undefined without any. */
export function findNonJson(value: unknown, path = '', seen: readonly unknown[] = []): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : path || '.';
  if (typeof value !== 'object' || seen.includes(value)) return path || '.';
  const inner = [...seen, value];
  if (Array.isArray(value))
    return firstPath(value, (item, index) => findNonJson(item, `${path}[${index}]`, inner));
  if (!isPlainObject(value)) return path || '.';
  return firstPath(Object.entries(value), ([key, item]) =>
    item === undefined ? undefined : findNonJson(item, `${path}.${key}`, inner),
  );
}

/** JSON with the keys of every object sorted, so that equal values give equal text. */
export function stableStringify(value: Json | undefined): string {
  return JSON.stringify(value ?? null, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

/** The value that a JSON text holds; undefined if it is none. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Any value as an error message shows it: as JSON where JSON can hold it. */
export function showValue(value: unknown): string {
  // eslint-disable-next-line @typescript-eslint/no-base-to-string -- it is no object here
  if (typeof value !== 'string' && typeof value !== 'object') return String(value);
  try {
    return JSON.stringify(value);
  } catch {
    return inspect(value, { breakLength: Infinity });
  }
}

/**
 * A value with each text in it changed, those in lists and in objects without a class included. What has no
 * text to change is the same value.
 *
 * @param isOpen whether the object under a key has any keys, which are texts as well. Other keys stay.
 */
export function mapTexts<T>(
  value: T,
  change: (text: string) => string,
  isOpen: (key: string) => boolean = () => false,
): T {
  const mapIn = (item: unknown, changesKeys: boolean, around: readonly unknown[]): unknown => {
    if (typeof item === 'string') return change(item);
    if ((!Array.isArray(item) && !isPlainObject(item)) || around.includes(item)) return item;
    const inner = [...around, item];
    const pairs = Object.entries(item).map(([key, old]: [string, unknown]) => {
      const isList = Array.isArray(item);
      const name = changesKeys && !isList ? change(key) : key;
      return { key, old, name, changed: mapIn(old, changesKeys || (!isList && isOpen(key)), inner) };
    });
    if (pairs.every(({ key, old, name, changed }) => key === name && old === changed)) return item;
    return Array.isArray(item)
      ? pairs.map(({ changed }) => changed)
      : Object.fromEntries(pairs.map(({ name, changed }) => [name, changed]));
  };
  return mapIn(value, false, []) as T;
}

function firstPath<T>(
  items: readonly T[],
  find: (item: T, index: number) => string | undefined,
): string | undefined {
  for (const [index, item] of items.entries()) {
    const path = find(item, index);
    if (path !== undefined) return path;
  }
  return undefined;
}

/** Whether a value is an object with keys: neither null nor a list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Whether a value is an object without a class. Objects of another realm have another Object.prototype, so
 * plainness is judged by the length of the chain.
 */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || isArray(value)) return false;
  const prototype = getPrototypeOf(value) as object | null;
  return prototype === null || getPrototypeOf(prototype) === null;
}
