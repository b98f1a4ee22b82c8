import { once } from 'node:events';
import { from as copyFrom } from 'pg-copy-streams';
import { isModelProviderError, messageOf, ModelProviderError } from '../../../base/errors';
import { printable } from '../../../base/printable';
import type { DriverClient } from '../../postgres-server/driver-types';
import type { SqlFile } from './sql-files';
import { PsqlOnly, sqlParts, type SqlPart } from './sql-parts';

/** A schema ready to run: SQL files, or the user's own function. */
export type LoadedSchema = readonly SqlFile[] | ((client: DriverClient) => Promise<void>);

/**
 * Runs a schema in an empty database.
 *
 * @throws ModelProviderError `SCHEMA_FAILED` naming file, line and the server's message; also for a transaction
 *   that stays open.
 */
export async function applySchema(schema: LoadedSchema, client: DriverClient): Promise<void> {
  await (typeof schema === 'function' ? runFunction(schema, client) : runFiles(schema, client));
  // The server would undo it without a word.
  if (client.getTransactionStatus() !== 'I')
    throw new ModelProviderError(
      'SCHEMA_FAILED',
      'The schema ends within a transaction, so that what it has done since BEGIN would be undone: COMMIT is missing.',
    );
}

async function runFiles(files: readonly SqlFile[], client: DriverClient): Promise<void> {
  for (const file of files) {
    for (const part of partsOf(file)) {
      try {
        // A dump may set what its bytes were. They have been read by now.
        await client.query("set client_encoding to 'UTF8'");
        await runPart(part, client);
      } catch (error) {
        throw failure(file, part, error);
      }
    }
    // A dump clears the search path, which the next file does not expect.
    await client.query('reset all');
  }
}

async function runFunction(
  schema: (client: DriverClient) => Promise<void>,
  client: DriverClient,
): Promise<void> {
  const inFlight = followQueries(client);
  try {
    await schema(client);
  } catch (error) {
    if (isModelProviderError(error)) throw error;
    throw new ModelProviderError('SCHEMA_FAILED', `The schema function failed: ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (inFlight.size === 0) return;
  // They fail when the connection closes. Unhandled, these rejections would end the process.
  for (const query of inFlight) query.catch(() => undefined);
  throw new ModelProviderError(
    'SCHEMA_FAILED',
    'The schema function ended before its queries did: await each of them, or return its promise.',
  );
}

/** Tracks the queries of a client that are in flight. */
function followQueries(client: DriverClient): ReadonlySet<Promise<unknown>> {
  const inFlight = new Set<Promise<unknown>>();
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  client.query = ((...args: unknown[]) => {
    const result = query(...args);
    if (!(result instanceof Promise)) return result;
    // The function gets a promise of its own: a rejection that it does not handle is still reported.
    const own = result.then((value: unknown) => value);
    const end = (): void => void inFlight.delete(own);
    inFlight.add(own);
    result.then(end, end);
    return own;
  }) as DriverClient['query'];
  return inFlight;
}

function partsOf(file: SqlFile): SqlPart[] {
  try {
    return sqlParts(file.text);
  } catch (error) {
    if (!(error instanceof PsqlOnly)) throw error;
    throw new ModelProviderError('SCHEMA_FAILED', `${file.path}, line ${error.line}: ${error.message}`, {
      details: { path: file.path, line: error.line },
    });
  }
}

async function runPart({ sql, rows }: SqlPart, client: DriverClient): Promise<void> {
  if (rows === undefined) {
    await client.query(sql);
    return;
  }
  const stream = client.query(copyFrom(sql.replace(/;$/, '')));
  const finished = once(stream, 'finish');
  stream.end(rows);
  await finished;
}

interface ServerError {
  readonly code?: string;
  readonly position?: string;
  readonly detail?: string;
  readonly where?: string;
}

function failure({ path }: SqlFile, part: SqlPart, error: unknown): ModelProviderError {
  const { code, position, detail, where } = error as ServerError;
  const row = /^COPY .*, line (\d+)/m.exec(where ?? '')?.[1];
  const line =
    row === undefined
      ? part.line + breaksBefore(part.sql, Number(position ?? 1) - 1)
      : part.line + breaksBefore(part.sql, Infinity) + Number(row);
  const words = printable([messageOf(error), detail].filter((text) => text !== undefined).join('. '));
  const advice = code === undefined ? undefined : adviceFor(code, words);
  return new ModelProviderError(
    'SCHEMA_FAILED',
    `${path}, line ${line}: ${words}${code === undefined ? '' : ` (${code})`}.${advice === undefined ? '' : `\nWhat to do: ${advice}`}`,
    { cause: error, details: { path, line, ...(code === undefined ? {} : { serverCode: code }) } },
  );
}

/** The line breaks in so many characters, which the server counts by code point. */
function breaksBefore(sql: string, characters: number): number {
  let breaks = 0;
  let left = characters;
  for (const character of sql) {
    if (left === 0) break;
    left -= 1;
    if (character === '\n') breaks += 1;
  }
  return breaks;
}

function adviceFor(code: string, words: string): string | undefined {
  // The same code is that of a trigger or a type, which are of the database.
  if (code === '42710' && !/^(?:role|tablespace) /.test(words)) return undefined;
  return advices[code];
}

const advices: Readonly<Record<string, string>> = {
  '0A000':
    'an extension that this server does not have needs another one, new DatabaseProvider({ server }); the embedded server has those of contrib.',
  '25001': 'put a statement that must not run in a transaction into a file of its own.',
  '25P02': 'the first error is further up; the statements of a file run in one transaction.',
  '42710':
    'it belongs to the whole server and outlives its database, so another schema or an earlier run has made it. Make it where it is missing: DO $$ BEGIN CREATE ROLE app; EXCEPTION WHEN duplicate_object THEN NULL; END $$;',
  '42P04':
    'a database belongs to the whole server and outlives this one, so another schema or an earlier run has made it. Leave CREATE DATABASE out: each lease is a new database.',
  '42704':
    'roles and the like belong to the whole server: dump with --no-owner --no-privileges, or make them first.',
};
