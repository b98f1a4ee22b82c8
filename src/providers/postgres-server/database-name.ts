import { createHash, randomBytes } from 'node:crypto';

// PostgreSQL truncates names at 63 bytes without an error, so two long ones may become the same:
// https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS
const longestReadable = 24;
const pattern = /^jmp_([0-9a-f]{16})_([a-z0-9_]{1,24})_([0-9a-f]{10})([0-9a-f]{6})$/;

/** The mark of a new session. */
export function newMark(): string {
  return randomBytes(8).toString('hex');
}

/**
 * A name for a database: `jmp_<mark>_<readable>_<token>`, at most 62 bytes, in characters that need no
 * quotes. The last six digits are a checksum: a database of another origin is not mistaken for one of a
 * session.
 *
 * @param readable the part for people, in any characters.
 */
export function databaseName(mark: string, readable: string): string {
  const token = randomBytes(5).toString('hex');
  const word =
    readable
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '_')
      .slice(0, longestReadable) || '_';
  return `jmp_${mark}_${word}_${token}${checksum(mark, word, token)}`;
}

/** The mark in a database's name, or undefined if no session made the name. */
export function markOf(name: string): string | undefined {
  const [, mark = '', word = '', token = '', sum] = pattern.exec(name) ?? [];
  return sum !== undefined && sum === checksum(mark, word, token) ? mark : undefined;
}

function checksum(...parts: string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 6);
}
