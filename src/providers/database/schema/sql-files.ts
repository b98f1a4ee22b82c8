import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { messageOf, ModelProviderError } from '../../../pattern/errors';

/** One file of SQL. */
export interface SqlFile {
  /** As messages name it. */
  readonly path: string;
  readonly text: string;
}

// 2_users.sql comes before 10_orders.sql.
const byName = new Intl.Collator('en', { numeric: true }).compare;

/**
 * The SQL files that a schema names, in the order in which they run: a file is itself, a directory all `.sql` files below it by
 * name, without those that undo a migration (`.down.sql`).
 *
 * @throws ModelProviderError `SCHEMA_FAILED` for a path that is not there or holds no SQL.
 */
export function readSqlFiles(schema: string | readonly string[]): SqlFile[] {
  return [schema].flat().flatMap((path) => {
    const files = filesAt(path);
    if (files.length === 0) throw unreadable(path, 'the directory holds no .sql file');
    return files.map((file) => ({
      path: relative(process.cwd(), file),
      text: readFileSync(file, 'utf8').replace(/^\uFEFF/, ''),
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

function unreadable(path: string, reason: string): ModelProviderError {
  return new ModelProviderError(
    'SCHEMA_FAILED',
    `The schema "${path}" cannot be read: ${reason}. Paths begin in ${process.cwd()}.`,
    { details: { path } },
  );
}
