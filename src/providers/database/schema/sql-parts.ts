/** A piece of a SQL file that is sent to the server at once. */
export interface SqlPart {
  /** One or more statements; for a copy, the `COPY … FROM stdin` statement. */
  readonly sql: string;
  /** The rows of `COPY … FROM stdin`, as pg_dump writes them. */
  readonly rows?: string;
  /** The first line in the file, counted from 1. */
  readonly line: number;
}

// pg_dump writes it on a line of its own: https://www.postgresql.org/docs/current/sql-copy.html
const copy = /^COPY .+ FROM stdin\b.*;$/i;
// Commands of psql that pg_dump writes for safety: https://www.postgresql.org/docs/current/app-psql.html
const harmless = /^\\(?:un)?restrict\b/;

/**
 * Splits a SQL file at the rows of its `COPY` statements. The statements between are sent together: the
 * server parses SQL, not this package.
 *
 * Commands of psql stay in the parts: `applySchema()` refuses them.
 */
export function sqlParts(text: string): SqlPart[] {
  const parts: SqlPart[] = [];
  const lines = text.split('\n');
  let begin = 0;
  const take = (end: number): string => lines.slice(begin, end).join('\n');
  const flush = (end: number): void => {
    const sql = take(end);
    if (sql.trim() !== '') parts.push({ sql, line: begin + 1 });
  };
  for (let index = 0; index < lines.length; index += 1) {
    const line = (lines[index] ?? '').trimEnd();
    if (harmless.test(line)) {
      flush(index);
      begin = index + 1;
    } else if (copy.test(line)) {
      flush(index);
      const end = lines.findIndex((other, later) => later > index && other.trimEnd() === '\\.');
      const last = end < 0 ? lines.length : end;
      const rows = lines.slice(index + 1, last).map((row) => `${row}\n`);
      parts.push({ sql: line, rows: rows.join(''), line: index + 1 });
      begin = last + 1;
      index = last;
    }
  }
  flush(lines.length);
  return parts;
}
