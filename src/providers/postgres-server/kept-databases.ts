import { renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SystemUser } from '../../pattern/resource-context';
import { urlOfDatabase } from './connection';

/** A database of a test that failed. */
export interface KeptDatabase {
  readonly database: string;
  readonly test: string;
}

// A server and its databases are resources of two providers, in one process: their session's.
const onOwnServers = new Map<string, Map<string, KeptDatabase>>();

/** Notes that a database outlives the server with that mark: its data directory is to be kept. */
export function keepOnOwnServer(mark: string, kept: KeptDatabase): void {
  const present = onOwnServers.get(mark) ?? new Map<string, KeptDatabase>();
  onOwnServers.set(mark, present.set(kept.database, kept));
}

/** What is to be kept of the server with that mark. */
export function keptOnOwnServer(mark: string): KeptDatabase[] {
  return [...(onOwnServers.get(mark)?.values() ?? [])];
}

/** One on a server that stays, in words: how to reach and how to drop it. The password is left out. */
export function describeKept({ database, test }: KeptDatabase, url: string): string {
  const shown = new URL(urlOfDatabase(url, database));
  shown.password = '';
  return `the database of "${test}": ${shown.href}\n  remove it: DROP DATABASE "${database}"`;
}

export interface StoppedServer {
  readonly mark: string;
  /** Of the server's executable. */
  readonly postgres: string;
  /** Which holds the data in `data`; the session is about to remove it. */
  readonly directory: string;
  readonly user: SystemUser | undefined;
  readonly port: number;
}

/**
 * Moves the data of a server that has ended out of its session's directories, on the same file system, and says in words how to serve
 * them again, and how to remove them.
 */
export function keepData({ mark, postgres, directory, user, port }: StoppedServer): string {
  const place = join(dirname(dirname(directory)), `postgres-kept-${mark}`);
  renameSync(directory, place);
  const url = `postgresql://postgres@localhost:${port}/postgres?host=${encodeURIComponent(place)}`;
  const databases = keptOnOwnServer(mark).map(
    ({ database, test }) => `  of "${test}": ${urlOfDatabase(url, database)}`,
  );
  const command = [
    ...asUser(user),
    postgres,
    ...['-D', join(place, 'data'), '-k', place, '-p', String(port), '-c', 'listen_addresses='],
  ];
  return [
    `the databases of failed tests in ${place}`,
    ...databases,
    `  serve them: ${command.map(quoted).join(' ')}`,
    `  remove them: rm -r ${quoted(place)}`,
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
