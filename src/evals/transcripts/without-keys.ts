import type { Json } from '../../base/json';

const secretName = /(?:authorization|cookie|api[-_]?key|token|secret|password|passwd|credentials?)$/i;

// A server may send what is so deep that nothing can be done with it.
const deepest = 100;

/**
 * JSON of a request or an answer without the texts that are named as secrets are, such as the `authorization` of a
 * server of tools: nobody has told us that they are secret. What is deeper than 100 levels is left out.
 */
export function withoutKeys(value: unknown, depth = 0): Json {
  if (typeof value !== 'object' || value === null) return value as Json;
  if (depth >= deepest) return '[too deep]';
  if (Array.isArray(value)) return value.map((item) => withoutKeys(item, depth + 1));
  const entries = Object.entries(value).map(([name, item]: [string, unknown]) => [
    name,
    typeof item === 'string' && secretName.test(name) ? '[redacted]' : withoutKeys(item, depth + 1),
  ]);
  return Object.fromEntries(entries) as Json;
}
