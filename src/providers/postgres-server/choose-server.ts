import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { embeddedPackage } from './binaries';
import type { PostgresServerConfig } from './options';

/** A server as a resource to lease. */
export interface ChosenServer {
  readonly spec: string;
  readonly config?: PostgresServerConfig;
}

/**
 * The server on which databases are made: the one that the option names, else that of `DATABASE_URL`, of
 * `PGHOST`, of the npm package, of this machine.
 *
 * @param listen where it has a port, if the session starts it.
 */
export function chooseServer(
  option: string | undefined,
  listen?: PostgresServerConfig['listen'],
): ChosenServer {
  const url = option === undefined ? process.env['DATABASE_URL'] : isUrl(option) ? option : undefined;
  if (url !== undefined && url !== '') return { spec: 'postgres-server:given', config: { url } };
  const own = (name: string): ChosenServer => ({
    spec: `postgres-server:${name}`,
    ...(listen === undefined ? {} : { config: { listen } }),
  });
  if (option === 'embedded') return own('embedded');
  if (option !== undefined) return own(resolve(option));
  if ((process.env['PGHOST'] ?? '') !== '') return { spec: 'postgres-server:given' };
  const installed = embeddedPackage() === undefined ? installedServer() : undefined;
  return own(installed ?? 'embedded');
}

function isUrl(option: string): boolean {
  return /^[a-z]+:\/\//i.test(option);
}

/**
 * The folder of a server's programs: where Debian, Red Hat or Homebrew install them, the newest version
 * first; else on PATH.
 */
export function installedServer(): string | undefined {
  const versioned = [
    ['/usr/lib/postgresql', 'bin'],
    ['/usr', 'bin'],
    ['/opt/homebrew/opt', 'bin'],
    ['/usr/local/opt', 'bin'],
  ] as const;
  const folders = versioned.flatMap(([parent, bin]) =>
    listed(parent)
      .filter((name) => /^(?:postgresql@|pgsql-)?\d+$/.test(name))
      .sort((a, b) => Number(b.replace(/\D+/, '')) - Number(a.replace(/\D+/, '')))
      .map((name) => join(parent, name, bin)),
  );
  const onPath = (process.env['PATH'] ?? '').split(delimiter).flatMap((folder) => {
    const program = join(folder, 'postgres');
    return existsSync(program) ? [dirname(realpathSync(program))] : [];
  });
  return [...folders, ...onPath].find((folder) =>
    ['postgres', 'initdb'].every((program) => existsSync(join(folder, program))),
  );
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
