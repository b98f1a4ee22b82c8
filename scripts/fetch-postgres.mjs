// Finds PostgreSQL 15 for the tests against a second real server: where Debian's package puts it, else from
// that package, fetched and unpacked into the cache without being installed. Prints the folder of its
// programs, or "skipped: <why>" where it cannot be had; both end with code 0. POSTGRES_15 names a folder to
// use instead.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fetchOnce, lastLine, printOrSkip, Unavailable } from './unavailable.mjs';

const name = 'postgresql-15';
const installed = '/usr/lib/postgresql/15/bin';
const programs = ['postgres', 'initdb', 'psql', 'pg_dump'];
const limitMs = 300_000;

/**
 * The folder with the programs of a PostgreSQL 15 that runs on this machine. Throws `Unavailable` where there
 * is none.
 */
async function fetchPostgres() {
  const named = process.env.POSTGRES_15;
  const folder = named ?? (isThere(installed) ? installed : await fetchOnce(name, download));
  if (!isThere(folder)) throw new Unavailable(`${folder} does not hold ${programs.join(' and ')}`);
  run(join(folder, 'postgres'), ['--version']);
  return folder;
}

function isThere(folder) {
  return programs.every((program) => existsSync(join(folder, program)));
}

function download() {
  const isRoot = process.getuid?.() === 0;
  // The server of root runs as another user, who may not look into root's home.
  const user = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const cache = join(isRoot ? '/var/cache' : user, 'jest-model-provider', 'engines');
  const directory = join(cache, `${name}-and-clients`);
  if (existsSync(directory)) return join(directory, 'bin');
  mkdirSync(cache, { recursive: true });
  const draft = mkdtempSync(join(cache, 'fetch-'));
  try {
    unpack(draft, directory, isRoot);
    chmodSync(draft, 0o755);
    // At once, and once only: several test processes may fetch at the same time.
    renameSync(draft, directory);
  } catch (error) {
    if (!existsSync(directory)) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return join(directory, 'bin');
}

function unpack(draft, directory, isRoot) {
  const archives = join(draft, 'archives');
  mkdirSync(join(archives, 'partial'), { recursive: true });
  // Images of containers come without the lists of packages.
  if (isRoot && run('apt-cache', ['policy', name]).trim() === '') run('apt-get', ['update', '-qq']);
  const options = ['-y', '-qq', '--download-only', '--reinstall', '--no-install-recommends'];
  const places = ['-o', `Dir::Cache::archives=${archives}`, '-o', 'Debug::NoLocking=1'];
  run('apt-get', ['install', ...options, ...places, name]);
  for (const file of readdirSync(archives).filter((entry) => entry.endsWith('.deb')))
    run('dpkg-deb', ['-x', join(archives, file), draft]);
  rmSync(archives, { recursive: true });
  mkdirSync(join(draft, 'bin'));
  const libraries = readdirSync(join(draft, 'usr/lib')).filter((entry) => entry.endsWith('-linux-gnu'));
  for (const program of programs) {
    const path = libraries.map((entry) => join(directory, 'usr/lib', entry)).join(':');
    const real = join(directory, 'usr/lib/postgresql/15/bin', program);
    const script = `#!/bin/sh\nLD_LIBRARY_PATH='${path}' exec '${real}' "$@"\n`;
    writeFileSync(join(draft, 'bin', program), script, { mode: 0o755 });
  }
}

function run(command, args) {
  try {
    return execFileSync(command, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limitMs,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  } catch (error) {
    if (error.code === 'ENOENT') throw new Unavailable(`there is neither ${installed} nor ${command}`);
    throw new Unavailable(`${command} ${args[0]} failed: ${lastLine(error.stderr) || error.message}`);
  }
}

await printOrSkip(fetchPostgres);
