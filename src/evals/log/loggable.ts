import { messageOf } from '../../base/errors';
import { is, isArray, isFinite } from '../../base/hot-globals';
import { isPlainObject, type Json } from '../../base/json';
import type { SampleRecord } from './log-record';

const { inspect, types } = process.getBuiltinModule('node:util');

// A value that is deeper is looked at more closely: it may contain itself.
const deepest = 100;

/**
 * A record as the log can hold it: what JSON would drop or change is written as near as it comes, so that
 * what is read back is what was kept.
 */
export function loggable(record: SampleRecord): SampleRecord {
  const { input, metadata, log, scores } = record;
  // Every sample comes here, and nearly all of them are JSON already.
  if (isAllJson(record)) return record;
  return {
    ...record,
    input: nearestJson(input),
    ...(metadata !== undefined && { metadata: nearestJson(metadata) as Facts }),
    ...(log !== undefined && { log: nearestJson(log) as Facts }),
    scores: scores.map(({ name, value, kind, range, metadata: facts }) => ({
      name,
      value: value === 0 ? 0 : value,
      ...(kind !== undefined && { kind }),
      ...(range !== undefined && { range }),
      ...(facts !== undefined && { metadata: nearestJson(facts) as Facts }),
    })),
  };
}

type Facts = Readonly<Record<string, Json>>;

function isAllJson({ input, metadata, log, scores }: SampleRecord): boolean {
  try {
    return (
      isJson(input, 0) &&
      (metadata === undefined || isJson(metadata, 0)) &&
      (log === undefined || isJson(log, 0)) &&
      isJson(scores, 0)
    );
  } catch {
    // A getter that throws, a proxy that was revoked.
    return false;
  }
}

/** Whether JSON holds a value as it is; that of an object, a key of undefined is none. */
function isJson(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return isFinite(value) && !is(value, -0);
    case 'object':
      break;
    default:
      return false;
  }
  if (value === null) return true;
  if (depth > deepest) return false;
  if (isArray(value)) {
    // Not every(): it leaves holes out.
    for (const item of value as unknown[]) if (!isJson(item, depth + 1)) return false;
    return true;
  }
  if (!isPlainObject(value)) return false;
  for (const key in value) if (value[key] !== undefined && !isJson(value[key], depth + 1)) return false;
  return true;
}

/**
 * The JSON that is nearest to a value: what has a `toJSON` says it itself; a map with texts as keys is an
 * object, a set a list; numbers that JSON lacks, functions, symbols and BigInts are their texts.
 */
export function nearestJson(value: unknown, around: readonly object[] = []): Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      // Not -0, which JSON does not know.
      return isFinite(value) ? value + 0 : String(value);
    case 'undefined':
      return null;
    case 'object':
      return value === null ? null : nearestToObject(value, around);
    default:
      return typeof value === 'bigint' ? value.toString() : inspect(value);
  }
}

function nearestToObject(value: object, around: readonly object[]): Json {
  if (around.includes(value)) return '[Circular]';
  const inner = [...around, value];
  const near = (item: unknown): Json => nearestJson(item, inner);
  try {
    if (isArray(value)) return Array.from(value, near);
    if (types.isNativeError(value)) return messageOf(value);
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === 'function') return near(toJSON.call(value, ''));
    if (types.isBoxedPrimitive(value)) return near(value.valueOf());
    if (types.isMap(value) && [...value.keys()].every((key) => typeof key === 'string'))
      return fromEntries(value as Map<string, unknown>, near);
    if (types.isMap(value) || types.isSet(value) || types.isTypedArray(value)) return Array.from(value, near);
    const entries = Object.entries(value);
    // A RegExp, a promise: nothing of it is in its keys.
    if (entries.length === 0 && !isPlainObject(value)) return inspect(value);
    return fromEntries(entries, near);
  } catch (error) {
    // A getter that throws, a proxy that was revoked.
    return `[${messageOf(error)}]`;
  }
}

function fromEntries(entries: Iterable<[string, unknown]>, near: (item: unknown) => Json): Json {
  return Object.fromEntries(
    [...entries].flatMap(([key, item]) => (item === undefined ? [] : [[key, near(item)]])),
  );
}
