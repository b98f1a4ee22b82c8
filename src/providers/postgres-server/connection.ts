/** How the session half of other providers reaches a PostgreSQL server. */
export type PostgresServerConnection = {
  /** Of the database in which databases are made from; holds the password, if there is one. */
  url: string;
  /** Marks every database that this session makes: see {@link databaseName}. */
  mark: string;
  /** Whether the server is this session's own, and ends with it. */
  isOwn: boolean;
  /** The major version, for example 18. */
  version: number;
};

/** The same server's URL for another database. */
export function urlOfDatabase(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${encodeURIComponent(database)}`;
  return other.href;
}
