import { isObject, type Json } from '../../base/json';

const secretName = /(?:authorization|cookie|api[-_]?key|token|secret|password|passwd|credentials?)$/i;

/**
 * JSON of a request without the texts that are named as secrets are, such as the `authorization` of a server of
 * tools: nobody has told us that they are secret.
 */
export function withoutKeys(value: unknown): Json {
  return without(value as Json);
}

function without(value: Json): Json {
  if (Array.isArray(value)) return value.map(without);
  if (!isObject(value)) return value;
  const entries = Object.entries(value as Readonly<Record<string, Json>>);
  return Object.fromEntries(
    entries.map(([name, item]) => [
      name,
      typeof item === 'string' && secretName.test(name) ? '[redacted]' : without(item),
    ]),
  );
}
