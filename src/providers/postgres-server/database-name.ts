import { createHash, randomBytes } from 'node:crypto';

// PostgreSQL cuts names at 63 bytes without a word, and two long ones may become one:
// https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS
const longestReadable = 24;
const pattern = /^jmp_([0-9a-f]{16})_([a-z0-9_]{1,24})_([0-9a-f]{6})([0-9a-f]{6})$/;

/** A new session's mark. */
export function newMark(): string {
  return randomBytes(8).toString('hex');
}

/**
 * A name for a database: `jmp_<mark>_<readable>_<token>`, of 58 bytes at most, in letters that need no quotes. The last six digits
 * are a checksum, by which a database that somebody else made is not taken for one of ours.
 *
 * @param readable what people should recognise it by, in any characters.
 */
export function databaseName(mark: string, readable: string): string {
  const token = randomBytes(3).toString('hex');
  const word =
    readable
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '_')
      .slice(0, longestReadable) || '_';
  return `jmp_${mark}_${word}_${token}${checksum(mark, word, token)}`;
}

/** The mark in a database's name, or undefined if the name is none of ours. */
export function markOf(name: string): string | undefined {
  const [, mark = '', word = '', token = '', sum] = pattern.exec(name) ?? [];
  return sum !== undefined && sum === checksum(mark, word, token) ? mark : undefined;
}

function checksum(...parts: string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 6);
}
