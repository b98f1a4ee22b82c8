import type { Pool } from 'pg';
import { markOf } from './database-name';

// Which session a database on the user's server belongs to: the database's name and comment carry the mark of
// the session, and the session is alive as long as a connection carries its name. A killed session loses its
// connection at once, on any machine.

/** The name of the connection that a session keeps while it lives. */
export function sessionName(mark: string): string {
  return `jest-model-provider ${mark}`;
}

/**
 * The comment on a database of a session: that of its user, if there is one, and a line that says whose it
 * is.
 */
export function signed(comment: string | null, mark: string): string {
  const line = `${sessionName(mark)}: made for a test, dropped at its end`;
  if (comment === null) return line;
  return comment.endsWith(line) ? comment : `${comment}\n${line}`;
}

/** The comment on a kept database: from now on its user drops it, no session does. */
export const keptComment = 'jest-model-provider: kept, for a test that held it failed; drop it by hand';

/** The databases of one session, whatever its tests have made of their comments, without the kept ones. */
export async function databasesOf(mark: string, pool: Pool): Promise<string[]> {
  const marked = await markedDatabases(pool);
  return marked
    .filter((database) => database.mark === mark && database.comment !== keptComment)
    .map(({ name }) => name);
}

/**
 * The databases that dead sessions have left, which nothing else will drop: with a session's name, and
 * without a comment of another origin. A database without any comment belongs to a session that was killed
 * before it could write one.
 */
export async function abandonedDatabases(pool: Pool): Promise<string[]> {
  const ours = (await markedDatabases(pool)).filter(
    ({ comment, mark }) => comment === null || comment === signed(comment, mark),
  );
  // After the databases: a session opens its connection before it makes its first database.
  const { rows } = await pool.query<{ application_name: string }>(
    'SELECT application_name FROM pg_stat_activity',
  );
  const living = new Set(rows.map(({ application_name }) => application_name));
  return ours.flatMap(({ name, mark }) => (living.has(sessionName(mark)) ? [] : [name]));
}

interface MarkedDatabase {
  readonly name: string;
  readonly mark: string;
  readonly comment: string | null;
}

async function markedDatabases(pool: Pool): Promise<MarkedDatabase[]> {
  const { rows } = await pool.query<{ name: string; comment: string | null }>(
    "SELECT datname AS name, shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname LIKE 'jmp\\_%'",
  );
  return rows.flatMap(({ name, comment }) => {
    const mark = markOf(name);
    return mark === undefined ? [] : [{ name, mark, comment }];
  });
}
