import { createHash } from 'node:crypto';
import { ModelProviderError } from '../../../pattern/errors';
import { nearest } from '../../../pattern/nearest';
import type { DatabaseSchema } from '../provider';
import type { LoadedSchema } from './apply-schema';
import { readSqlFiles } from './sql-files';

/** A schema, and what tells its content apart from another's. */
export interface HashedSchema {
  readonly schema: LoadedSchema;
  /** 20 hex digits; those of a function are other ones in another process. */
  readonly hash: string;
  /** The same for equal text in every process. */
  readonly text: string;
}

const functionIds = new WeakMap<object, string>();

/**
 * The schema of the database called `name`, or undefined for an empty one.
 *
 * @param wished what the request itself names.
 * @throws ModelProviderError `CONFIG_INVALID` for a name that none of `schemas` has; `SCHEMA_FAILED`.
 */
export function loadSchema(
  name: string,
  schemas: Readonly<Record<string, DatabaseSchema>> | undefined,
  wished: string | readonly string[] | undefined,
): HashedSchema | undefined {
  const chosen =
    wished ?? (schemas !== undefined && Object.hasOwn(schemas, name) ? schemas[name] : undefined);
  if (chosen === undefined) {
    if (schemas === undefined) return undefined;
    throw unknownName(name, Object.keys(schemas));
  }
  if (typeof chosen === 'function')
    return { schema: chosen, hash: hashOf([functionId(chosen)]), text: hashOf([String(chosen)]) };
  const files = readSqlFiles(chosen);
  const hash = hashOf(files.flatMap(({ path, text }) => [path, text]));
  return { schema: files, hash, text: hash };
}

// What a function does cannot be read off its text: another object is another schema.
function functionId(schema: object): string {
  let id = functionIds.get(schema);
  if (id === undefined) functionIds.set(schema, (id = crypto.randomUUID()));
  return id;
}

function hashOf(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest('hex').slice(0, 20);
}

function unknownName(name: string, known: readonly string[]): ModelProviderError {
  const suggestion = nearest(name, known);
  return new ModelProviderError(
    'CONFIG_INVALID',
    `There is no schema for a database "${name}".${suggestion === undefined ? '' : ` Did you mean "${suggestion}"?`} new DatabaseProvider({ schemas }) has ${known.join(', ') || 'none'}; { config: { schema: './file.sql' } } names one for a request alone.`,
    { details: { name, known: [...known] } },
  );
}
