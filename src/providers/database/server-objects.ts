import type { Client } from 'pg';
import { isModelProviderError, ModelProviderError } from '../../base/errors';

/**
 * What belongs to a server as a whole, and outlives each database on it: roles, databases and tablespaces, as
 * SQL names them. The databases of sessions are left out.
 */
export async function serverObjects(client: Client): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT 'ROLE ' || quote_ident(rolname) AS name FROM pg_catalog.pg_roles
     UNION ALL SELECT 'DATABASE ' || quote_ident(datname) FROM pg_catalog.pg_database WHERE datname NOT LIKE 'jmp\\_%'
     UNION ALL SELECT 'TABLESPACE ' || quote_ident(spcname) FROM pg_catalog.pg_tablespace`,
  );
  return new Set(rows.map(({ name }) => name));
}

/** What is on the server now and was not `before`. Whoever else makes roles there at that time is not told apart. */
export async function madeSince(before: ReadonlySet<string>, client: Client): Promise<string[]> {
  return [...(await serverObjects(client))].filter((name) => !before.has(name));
}

/** How to get rid of such objects. */
export function dropsOf(names: readonly string[]): string {
  return names.map((name) => `DROP ${name};`).join(' ');
}

// duplicate_object, duplicate_database: https://www.postgresql.org/docs/current/errcodes-appendix.html
const duplicates: readonly unknown[] = ['42710', '42P04'];

/**
 * The failures of schemas on one server. A schema that is tried again may fail for what its first try has made
 * for the whole server; the first failure is then the one to know.
 */
export class SchemaFailures {
  readonly #first = new Map<string, Error>();

  /**
   * Notes the failure of a try, and returns the one to report.
   *
   * @param hash identifies the schema.
   * @param made what the try has left on the server.
   */
  failed(hash: string, error: unknown, made: readonly string[]): unknown {
    if (!isModelProviderError(error, 'SCHEMA_FAILED')) return error;
    const first = this.#first.get(hash);
    if (first !== undefined && duplicates.includes(error.details['serverCode'])) return first;
    const told = made.length === 0 ? error : withMade(error, made);
    this.#first.set(hash, told);
    return told;
  }
}

function withMade(error: ModelProviderError, made: readonly string[]): ModelProviderError {
  const message = `${error.message}\nThe schema had made ${made.join(', ')} by then, which ${made.length === 1 ? 'stays' : 'stay'} on the server. Before the next try: ${dropsOf(made)}`;
  return new ModelProviderError('SCHEMA_FAILED', message, { cause: error.cause, details: error.details });
}
