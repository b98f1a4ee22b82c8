import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readOrNothing } from '../../../src/process/ledger/known-sessions';
import { Ledger } from '../../../src/process/ledger/ledger';
import { sessionDirectories } from '../../../src/process/ledger/session-directory';
import { eventually } from '../../support/eventually';
import { processesIn } from '../../support/processes.cjs';

// Runs that hold databases, one backend of which is busy for ever, are killed at random moments of their
// first second and a half.

const seed = Number(process.env['KILL_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const trials = 4;
console.info(`KILL_SEED=${seed}`);
let state = seed;
const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;

const library = JSON.stringify(resolve(__dirname, '../../../dist/src/index.js'));
const holding = `
  const { modelProviders } = require(${library});
  process.on('unhandledRejection', () => undefined);
  (async () => {
    const handle = await modelProviders.setup('postgres:shop');
    handle.client.query('SELECT count(*) FROM generate_series(1, 1e12)').catch(() => undefined);
    await modelProviders.setup('postgres:shop');
  })();
  setInterval(() => undefined, 1000);`;
const next = `
  const { modelProviders } = require(${library});
  modelProviders.setup('embedded:novice').then((handle) => handle.teardown());`;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'k-'));
  for (const name of ['t', 's']) mkdirSync(join(root, name));
});
// With force, since a guardian may be on its way out.
afterEach(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));

const environment = (): Record<string, string> => {
  const { PATH = '', HOME = '' } = process.env;
  return { PATH, HOME, TMPDIR: join(root, 't'), XDG_STATE_HOME: join(root, 's') };
};

function ledgerFiles(): string[] {
  const folder = join(root, 's/jest-model-provider/sessions');
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

/** The session as its ledger shows it: where its files are, and what it has started. */
function session(): { directories: string[]; guardian: number | undefined; servers: number[] } {
  const entries = ledgerFiles().flatMap((path) => readOrNothing(new Ledger(path)));
  return {
    directories: entries.flatMap((entry) =>
      entry.type === 'session' ? sessionDirectories(entry.directory) : [],
    ),
    guardian: entries.flatMap((entry) => (entry.type === 'guardian' ? [entry.guardian.pid] : []))[0],
    servers: entries.flatMap((entry) => (entry.type === 'process' ? [entry.process.pid] : [])),
  };
}

/** Ledgers and directories that are there, and processes that work in one of these. */
function left(directories: readonly string[]): string[] {
  const processes = directories.flatMap((directory) => processesIn(directory));
  const commands = processes.map(({ pid, command }) => `${pid} ${command}`);
  return [...ledgerFiles(), ...commands, ...directories.filter((directory) => existsSync(directory))];
}

async function startAndWait(): Promise<ChildProcess> {
  const main = spawn(process.execPath, ['-e', holding], { env: environment(), stdio: 'ignore' });
  await sleep(random() * 1500);
  return main;
}

function kill(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}

const numbers = Array.from({ length: trials }, (_, index) => index + 1);

test.each(numbers)('a killed run leaves no server, backend or file, trial %i', async () => {
  const main = await startAndWait();
  const { guardian } = session();
  kill(main.pid);
  await once(main, 'exit');
  const { directories } = session();
  if (guardian === undefined) execFileSync(process.execPath, ['-e', next], { env: environment() });
  await eventually(() => left(directories).length === 0);
});

test.each(numbers)('what a run and its guardian leave is ended by the next run, trial %i', async () => {
  const main = await startAndWait();
  const { guardian, directories } = session();
  kill(guardian);
  kill(main.pid);
  await once(main, 'exit');
  execFileSync(process.execPath, ['-e', next], { env: environment() });
  await eventually(() => left(directories).length === 0);
});

test.each(numbers)('a killed postmaster leaves no backend when its run ends, trial %i', async () => {
  const main = await startAndWait();
  for (const pid of session().servers) kill(pid);
  const { guardian } = session();
  main.kill('SIGTERM');
  await once(main, 'exit');
  const { directories } = session();
  if (guardian === undefined) execFileSync(process.execPath, ['-e', next], { env: environment() });
  await eventually(() => left(directories).length === 0);
});
