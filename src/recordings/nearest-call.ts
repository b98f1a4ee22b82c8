import { cut } from '../base/cut';
import { stableStringify, type Json } from '../base/json';
import type { CanonicalRequest } from './canonical-request';
import type { CallLine } from './recording-lines';

// Enough to see what it is about.
const mostDifferences = 3;
const mostCharacters = 120;

/** In words, a line each, what tells a request from the most similar one that is recorded; nothing without any. */
export function describeNearest(
  { key, request }: CanonicalRequest,
  recorded: readonly CallLine[],
): readonly string[] {
  const equal = recorded.filter((call) => call.key === key);
  if (equal.length > 0)
    return [`It is recorded ${equal.length === 1 ? 'once' : `${equal.length} times`}, and was made again.`];
  const asked = leavesOf(request);
  const found = recorded
    .map((call) => differences(leavesOf(call.request), asked))
    .sort((a, b) => a.length - b.length)[0];
  if (found === undefined) return [];
  const shown = found.slice(0, mostDifferences).map((line) => `  ${line}`);
  const more = found.length > mostDifferences ? [`  and ${found.length - mostDifferences} more`] : [];
  return ['What differs from the most similar call that is recorded:', ...shown, ...more];
}

function differences(before: ReadonlyMap<string, Json>, now: ReadonlyMap<string, Json>): string[] {
  const paths = [...new Set([...before.keys(), ...now.keys()])];
  return paths.flatMap((path) => {
    const [old, asked] = [before.get(path), now.get(path)];
    const isSame = before.has(path) === now.has(path) && stableStringify(old) === stableStringify(asked);
    return isSame ? [] : [`${path}: recorded ${shown(old)}, now ${shown(asked)}`];
  });
}

function shown(value: Json | undefined): string {
  return value === undefined ? 'nothing' : cut(stableStringify(value), mostCharacters);
}

/** The values in a tree that have no parts, by their paths. */
function leavesOf(value: Json | undefined, path = '', found = new Map<string, Json>()): Map<string, Json> {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
    if (value !== undefined) found.set(path, value);
    return found;
  }
  for (const [key, item] of Object.entries(value))
    leavesOf(item, Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`, found);
  return found;
}
