import { createHash } from 'node:crypto';
import { ModelProviderError } from '../../../base/errors';
import { nearest } from '../../../base/nearest';
import type { DriverClient } from '../../postgres-server/driver-types';
import type { LoadedSchema } from './apply-schema';
import { readSqlFiles } from './sql-files';

/**
 * What a database holds when it is leased: SQL files, run in their order; directories of migrations, whose
 * `.sql` files are run in the order of their names; or a function that receives a connection. Paths are
 * relative to the directory where Jest was started.
 */
export type DatabaseSchema = string | readonly string[] | ((client: DriverClient) => Promise<void>);

/** A schema, and what identifies its content. */
export interface HashedSchema {
  readonly schema: LoadedSchema;
  /** 20 hex digits. The hash of a function differs between processes. */
  readonly hash: string;
  /** A hash that is the same in every process: of the files, or of the function's source text. */
  readonly text: string;
}

const functionIds = new WeakMap<object, string>();

/**
 * The schema of the database called `name`, or undefined for an empty one.
 *
 * @param wished the schema that the request itself names.
 * @throws ModelProviderError `CONFIG_INVALID` for a name that `schemas` does not have; `SCHEMA_FAILED`.
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

// The text of a function does not show what it does: another function object counts as another schema.
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
