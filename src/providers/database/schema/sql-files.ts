import { isUtf8 } from 'node:buffer';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { messageOf, ModelProviderError } from '../../../base/errors';

/** One file of SQL. */
export interface SqlFile {
  /** The path for messages. */
  readonly path: string;
  readonly text: string;
}

// 2_users.sql comes before 10_orders.sql.
const byName = new Intl.Collator('en', { numeric: true }).compare;

/**
 * The SQL files of a schema, in the order in which they run: a file itself, or all `.sql` files below a
 * directory by name, without those that undo a migration (`.down.sql`).
 *
 * @throws ModelProviderError `SCHEMA_FAILED` for a path that does not exist or holds no SQL.
 */
export function readSqlFiles(schema: string | readonly string[]): SqlFile[] {
  return [schema].flat().flatMap((path) => {
    const files = filesAt(path);
    if (files.length === 0) throw unreadable(path, 'the directory holds no .sql file');
    return files.map((file) => ({
      path: relative(process.cwd(), file),
      text: decoded(readFileSync(file), relative(process.cwd(), file)),
    }));
  });
}

function filesAt(path: string): string[] {
  const absolute = resolve(path);
  try {
    if (!statSync(absolute).isDirectory()) return [absolute];
    return readdirSync(absolute, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.sql') && !name.endsWith('.down.sql'))
      .sort(byName)
      .map((name) => join(absolute, name));
  } catch (error) {
    throw unreadable(path, messageOf(error));
  }
}

/** The server is told that it gets UTF-8, so nothing else may be sent. */
function decoded(bytes: Buffer, path: string): string {
  if (isUtf8(bytes)) return bytes.toString('utf8').replace(/^\uFEFF/, '');
  const lines = bytes.toString('latin1').split('\n');
  const line = lines.findIndex((text) => !isUtf8(Buffer.from(text, 'latin1'))) + 1;
  throw new ModelProviderError(
    'SCHEMA_FAILED',
    `${path}, line ${line}: this is no UTF-8. Save it as UTF-8 (iconv -f WINDOWS-1252 -t UTF-8), or dump with --encoding=UTF8 --file=….`,
    { details: { path, line } },
  );
}

function unreadable(path: string, reason: string): ModelProviderError {
  return new ModelProviderError(
    'SCHEMA_FAILED',
    `The schema "${path}" cannot be read: ${reason}. Paths begin in ${process.cwd()}.`,
    { details: { path } },
  );
}
