import { once } from 'node:events';
import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { isModelProviderError, messageOf, ModelProviderError } from '../../../base/errors';
import { printable } from '../../../base/printable';
import type { SqlFile } from './sql-files';
import { sqlParts, type SqlPart } from './sql-parts';

/** A schema ready to run: SQL files, or the user's own function. */
export type LoadedSchema = readonly SqlFile[] | ((client: Client) => Promise<void>);

/**
 * Runs a schema in an empty database.
 *
 * @throws ModelProviderError `SCHEMA_FAILED` naming file, line and the server's message.
 */
export async function applySchema(schema: LoadedSchema, client: Client): Promise<void> {
  if (typeof schema === 'function') return runFunction(schema, client);
  for (const file of schema) {
    for (const part of partsOf(file)) {
      try {
        await runPart(part, client);
      } catch (error) {
        throw failure(file, part, error);
      }
    }
    // A dump clears the search path, which the next file does not expect.
    await client.query('reset all');
  }
}

async function runFunction(schema: (client: Client) => Promise<void>, client: Client): Promise<void> {
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
function followQueries(client: Client): ReadonlySet<Promise<unknown>> {
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
  }) as Client['query'];
  return inFlight;
}

function partsOf(file: SqlFile): SqlPart[] {
  const parts = sqlParts(file.text);
  for (const { sql, line } of parts) {
    const index = sql.split('\n').findIndex((text) => /^\\\w/.test(text));
    if (index < 0) continue;
    const command = sql.split('\n')[index]?.split(/\s/)[0] ?? '';
    throw new ModelProviderError(
      'SCHEMA_FAILED',
      `${file.path}, line ${line + index}: ${command} is a command of psql, which the server does not understand. Remove it from the file.`,
      { details: { path: file.path, line: line + index } },
    );
  }
  return parts;
}

async function runPart({ sql, rows }: SqlPart, client: Client): Promise<void> {
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
  const before = position === undefined ? '' : part.sql.slice(0, Number(position) - 1);
  const inCopy = Number(/COPY \S+, line (\d+)/.exec(where ?? '')?.[1] ?? 0);
  const line = part.line + before.split('\n').length - 1 + inCopy;
  const words = printable([messageOf(error), detail].filter((text) => text !== undefined).join('. '));
  const advice = code === undefined ? undefined : advices[code];
  return new ModelProviderError(
    'SCHEMA_FAILED',
    `${path}, line ${line}: ${words}${code === undefined ? '' : ` (${code})`}.${advice === undefined ? '' : `\nWhat to do: ${advice}`}`,
    { cause: error, details: { path, line, ...(code === undefined ? {} : { serverCode: code }) } },
  );
}

const advices: Readonly<Record<string, string>> = {
  '0A000':
    'an extension that this server does not have needs another one, new DatabaseProvider({ server }); the embedded server has those of contrib.',
  '25001': 'put a statement that must not run in a transaction into a file of its own.',
  '25P02': 'the first error is further up; the statements of a file run in one transaction.',
  '42704':
    'roles and the like belong to the whole server: dump with --no-owner --no-privileges, or make them first.',
};
