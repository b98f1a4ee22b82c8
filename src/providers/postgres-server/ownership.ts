import type { Pool } from 'pg';
import { markOf } from './database-name';

// Whose a database on a server of the user's is: its name says the session, its comment says so again, and the session is alive as
// long as a connection bears its name. A session that is killed loses its connection at once, on whichever machine it ran.

/** The name of the connection that a session keeps for as long as it lives. */
export function sessionName(mark: string): string {
  return `jest-model-provider ${mark}`;
}

/** The comment on every database of a session. */
export function commentOf(mark: string): string {
  return `${sessionName(mark)}: made for a test, dropped at its end`;
}

/** The comment on one that is nobody's to drop any more, but its user's. */
export const keptComment = 'jest-model-provider: kept, for a test that held it failed; drop it by hand';

/** The databases of one session. */
export async function databasesOf(mark: string, pool: Pool): Promise<string[]> {
  return (await ourDatabases(pool)).filter((name) => markOf(name) === mark);
}

/** The databases of sessions that are dead: nobody will drop them any more. */
export async function abandonedDatabases(pool: Pool): Promise<string[]> {
  const ours = await ourDatabases(pool);
  // After the databases: a session has its connection before its first database.
  const { rows } = await pool.query<{ application_name: string }>(
    'SELECT application_name FROM pg_stat_activity',
  );
  const living = new Set(rows.map(({ application_name }) => application_name));
  return ours.filter((name) => !living.has(sessionName(markOf(name) ?? '')));
}

/**
 * The databases that sessions have made: by a name that nobody else gives, and without a comment of anybody else's. One without any
 * comment belongs to a session that was killed before it could write it.
 */
async function ourDatabases(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string; comment: string | null }>(
    "SELECT datname AS name, shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname LIKE 'jmp\\_%'",
  );
  return rows.flatMap(({ name, comment }) => {
    const mark = markOf(name);
    return mark !== undefined && (comment === null || comment === commentOf(mark)) ? [name] : [];
  });
}
