// @shelf/jest-postgres as a program. It is installed in its own folder:
//
//   npm i --prefix peers/shelf-jest-postgres @shelf/jest-postgres@1 pg@8
//
// Its globalSetup runs the programs of Debian's PostgreSQL by `sudo -u postgres`. Without sudo, root gets a
// replacement.
import { accessSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { delimiter, join, resolve } from 'node:path';

const installed = '/usr/lib/postgresql';

/**
 * @param {string | undefined} folder that holds the folders of peers.
 * @returns {string | ((directory: string) => { text: string, env: Record<string, string> })} why it cannot
 *   run, or a function from a directory for its files to its program.
 */
export function shelfJestPostgres(folder) {
  if (folder === undefined) return 'BENCH_PEERS is not set';
  const modules = resolve(folder, 'shelf-jest-postgres', 'node_modules');
  if (!existsSync(modules)) return `there is no ${modules}`;
  if (!existsSync(installed)) return `it needs a PostgreSQL in ${installed}`;
  const lacking = ['createuser', 'createdb', 'whoami'].find((program) => !isOnPath(program));
  if (lacking !== undefined) return `it needs ${lacking} on PATH`;
  if (!isOnPath('sudo') && process.getuid?.() !== 0) return 'it needs sudo';
  const version = Math.max(...readdirSync(installed).map(Number).filter(Number.isInteger));
  return (directory) => {
    const config = join(directory, 'jest-postgres-config.cjs');
    writeFileSync(config, `module.exports = { version: ${version}, port: 5555 };\n`);
    return {
      text: program(modules),
      env: { JEST_POSTGRES_CONFIG: config, PATH: pathWithSudo(directory), USER: userInfo().username },
    };
  };
}

const program = (modules) => `
  const { createRequire, _extensions } = require('node:module');
  // Its files are required without their extension, which Jest allows.
  _extensions['.cjs'] = _extensions['.js'];
  const theirs = createRequire(${JSON.stringify(join(modules, 'x.js'))});
  const { globalSetup, globalTeardown } = theirs('@shelf/jest-postgres');
  const { Client } = theirs('pg');
  (async () => {
    await require(globalSetup)();
    try {
      const client = new Client({ connectionString: process.env.PSQL });
      await client.connect();
      await client.query('SELECT 1');
      done();
      await client.end();
    } finally {
      await require(globalTeardown)();
    }
    process.exit();
  })();`;

function pathWithSudo(directory) {
  const { PATH = '' } = process.env;
  if (isOnPath('sudo')) return PATH;
  const folder = join(directory, 'bin');
  mkdirSync(folder);
  const lines = [
    '#!/bin/sh',
    'user=$2',
    'shift 2',
    'exec setpriv --reuid="$user" --regid="$user" --init-groups "$@"',
  ];
  writeFileSync(join(folder, 'sudo'), `${lines.join('\n')}\n`, { mode: 0o755 });
  return [folder, PATH].join(delimiter);
}

function isOnPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program));
      return true;
    } catch {
      return false;
    }
  });
}
