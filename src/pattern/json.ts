import { inspect } from 'node:util';

/** What may cross a process border unchanged. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json | undefined };

/** Where in `value` something is that JSON would lose or change, as a path such as `.keys[2]`; undefined if nothing is. */
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

/** Any value as an error message shows it: as JSON where that can be had. */
export function showValue(value: unknown): string {
  // eslint-disable-next-line @typescript-eslint/no-base-to-string -- no object comes this far
  if (typeof value !== 'string' && typeof value !== 'object') return String(value);
  try {
    return JSON.stringify(value);
  } catch {
    return inspect(value, { breakLength: Infinity });
  }
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

// Objects of another realm have another Object.prototype, so plainness is judged by the chain's length.
function isPlainObject(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
