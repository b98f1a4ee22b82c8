import { SqlStatements } from './sql-statements';

/** A piece of a SQL file that is sent to the server at once. */
export interface SqlPart {
  /** One or more statements; for a copy, the `COPY … FROM stdin` statement. */
  readonly sql: string;
  /** The first line in the file, counted from 1. */
  readonly line: number;
  /** The rows that follow a `COPY … FROM stdin`: https://www.postgresql.org/docs/current/sql-copy.html */
  readonly rows?: string;
}

/** What the server does not understand, and psql does. */
export class PsqlOnly extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

// pg_dump writes these for safety: https://www.postgresql.org/docs/current/app-psql.html
const harmless = /^\\(?:un)?restrict\b/;
const endOfRows = /(?<=\n)\\\.\r?(?=\n|$)/g;

/**
 * Splits a SQL file at the rows of its `COPY` statements. The statements between are sent together: the
 * server parses SQL, not this package.
 *
 * @throws PsqlOnly for a command of psql.
 */
export function sqlParts(text: string): SqlPart[] {
  const parts: SqlPart[] = [];
  const statements = new SqlStatements(text);
  const lines = new LineCounter(text);
  let begin = 0;
  const add = (end: number, rows?: string): void => {
    const found = text.slice(begin, end);
    const sql = found.trimStart();
    if (sql !== '')
      parts.push({ sql, line: lines.at(end - sql.length), ...(rows !== undefined && { rows }) });
  };
  for (let piece = statements.next(); piece !== undefined; piece = statements.next()) {
    switch (piece.kind) {
      case 'sql':
        continue;
      case 'quoting':
        add(piece.end);
        begin = piece.end;
        break;
      case 'psql': {
        add(piece.begin);
        const command = lineFrom(text, piece.begin);
        if (!harmless.test(command)) {
          const [name = ''] = /^\\\S*/.exec(command) ?? [];
          throw new PsqlOnly(
            lines.at(piece.begin),
            `${name} is a command of psql, which the server does not understand. Remove it from the file.`,
          );
        }
        begin = piece.begin + command.length;
        break;
      }
      case 'copy': {
        add(piece.begin);
        begin = piece.begin;
        const rest = lineFrom(text, piece.end);
        if (!/^\s*(?:--|$)/.test(rest))
          throw new PsqlOnly(
            lines.at(piece.end),
            'the rows of COPY … FROM stdin begin in the next line, so nothing may follow it in its own. Move it below the rows.',
          );
        const first = piece.end + rest.length + 1;
        endOfRows.lastIndex = first;
        const last = endOfRows.exec(text);
        add(piece.end, text.slice(first, last?.index));
        begin = last === null ? text.length : last.index + last[0].length;
      }
    }
    statements.goTo(begin);
  }
  add(text.length);
  return parts;
}

/** The rest of the line, without its break. */
function lineFrom(text: string, index: number): string {
  const end = text.indexOf('\n', index);
  return text.slice(index, end < 0 ? text.length : end);
}

/** Tells the lines of indices that do not fall. */
class LineCounter {
  readonly #text: string;
  #line = 1;
  #next = 0;

  constructor(text: string) {
    this.#text = text;
    this.#next = this.#breakFrom(0);
  }

  /** The line of an index, counted from 1. */
  at(index: number): number {
    for (; this.#next < index; this.#next = this.#breakFrom(this.#next + 1)) this.#line += 1;
    return this.#line;
  }

  #breakFrom(index: number): number {
    const found = this.#text.indexOf('\n', index);
    return found < 0 ? Infinity : found;
  }
}
