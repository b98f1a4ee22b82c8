/** How the session half of another provider reaches a PostgreSQL server. */
export type PostgresServerConnection = {
  /** The URL of the database to connect to for making others. Includes the password, if there is one. */
  url: string;
  /** The mark in the name of every database of this session: see {@link databaseName}. */
  mark: string;
  /** Whether the session started the server, and ends it. */
  isOwn: boolean;
  /** The major version, for example 18. */
  version: number;
};

/** The URL of another database on the same server. */
export function urlOfDatabase(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${encodeURIComponent(database)}`;
  return other.href;
}
