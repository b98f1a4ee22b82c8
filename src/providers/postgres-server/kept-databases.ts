import { renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SystemUser } from '../../pattern/resource-context';
import { urlOfDatabase } from './connection';

/** The database of a failed test. */
export interface KeptDatabase {
  readonly database: string;
  readonly test: string;
}

// A module-level map: the server and its databases are resources of two providers in one process, the
// session's.
const onOwnServers = new Map<string, Map<string, KeptDatabase>>();

/** Records that a database outlives its server: the server's data directory will be kept. */
export function keepOnOwnServer(mark: string, kept: KeptDatabase): void {
  const present = onOwnServers.get(mark) ?? new Map<string, KeptDatabase>();
  onOwnServers.set(mark, present.set(kept.database, kept));
}

/** The databases to keep of the server with that mark. */
export function keptOnOwnServer(mark: string): KeptDatabase[] {
  return [...(onOwnServers.get(mark)?.values() ?? [])];
}

/**
 * A kept database on a server that goes on running, as text: how to reach and how to drop it, without the
 * password.
 */
export function describeKept({ database, test }: KeptDatabase, url: string): string {
  const shown = new URL(urlOfDatabase(url, database));
  shown.password = '';
  return `the database of "${test}": ${shown.href}\n  remove it: DROP DATABASE "${database}"`;
}

export interface StoppedServer {
  readonly mark: string;
  /** The server's executable. */
  readonly postgres: string;
  /** Holds the cluster in `data`. The session is about to remove it. */
  readonly directory: string;
  readonly user: SystemUser | undefined;
  readonly port: number;
}

/**
 * Moves the data of a stopped server out of its session's directories, on the same file system. Returns text
 * that says how to serve them again and how to remove them.
 */
export function keepData({ mark, postgres, directory, user, port }: StoppedServer): string {
  const kept = join(dirname(dirname(directory)), `postgres-kept-${mark}`);
  renameSync(directory, kept);
  const url = `postgresql://postgres@localhost:${port}/postgres?host=${encodeURIComponent(kept)}`;
  const databases = keptOnOwnServer(mark).map(
    ({ database, test }) => `  of "${test}": ${urlOfDatabase(url, database)}`,
  );
  const command = [
    ...asUser(user),
    postgres,
    ...['-D', join(kept, 'data'), '-k', kept, '-p', String(port), '-c', 'listen_addresses='],
  ];
  return [
    `the databases of failed tests in ${kept}`,
    ...databases,
    `  serve them: ${command.map(quoted).join(' ')}`,
    `  remove them: rm -r ${quoted(kept)}`,
  ].join('\n');
}

function asUser(user: SystemUser | undefined): string[] {
  if (user === undefined) return [];
  const { uid, gid } = user;
  return process.platform === 'linux'
    ? ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups']
    : ['sudo', '-u', `#${uid}`];
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
