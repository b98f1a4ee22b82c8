/** @jest-environment jest-model-provider/environment */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { closeSessionsAfterEach } from '../fixtures/private-session';
import { eventually } from '../process/eventually';
import { databaseSession, ourDatabases } from '../providers/database/own-server';
import { leftBehind, processesOf } from './left-behind';
import { spec, withProviders } from './noting-project';
import { bothModes, runJest, startJest } from './run-jest';

closeSessionsAfterEach();

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'kd-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const files = {
  't.sql': 'CREATE TABLE t AS SELECT n FROM generate_series(1, 10) AS n;',
  'a.eval.js': spec(`
    withClient([{ spec: 'postgres:shop', config: { schema: './t.sql' } }], (handle) => {
      test('is in the middle of a query', async () => {
        note((await handle.client.query('SHOW data_directory')).rows[0].data_directory);
        note('holding');
        await handle.client.query("SELECT count(*) FROM generate_series(1, 1e12)");
      }, 600_000);
    });`),
};

const next = {
  'a.eval.js': spec(`withClient(['postgres:shop'], () => test('leases one', () => undefined));`),
};

/** Processes that work in a directory: backends leave the group of their server. */
function workingIn(directory: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`).startsWith(directory);
    } catch {
      return false;
    }
  });
}

describe.each(bothModes)('a main process that is killed in the middle of a query, %s', (mode) => {
  test('leaves nothing of its own server, backends and data included', async () => {
    const jest = startJest(files, mode, { env: { DATABASE_URL: '', PGHOST: '' } });
    await jest.noted('holding');
    process.kill(jest.pid, 'SIGKILL');
    const run = await jest.finished();
    expect(run).toMatchObject({ exit: 'SIGKILL', left: [] });
    const directory = dirname(run.notes.find((line) => line.startsWith('/')) ?? '/');
    await eventually(() => workingIn(directory).length === 0 && !existsSync(directory));
  });

  test('leaves on a given server what the next run there drops', async () => {
    const { servers } = await databaseSession();
    const { url } = (await servers.setup('embedded')).client;
    // Both runs are of one user on one machine. A session that has no server of its own has no guardian either.
    const [temporary, state] = [join(folder, 't'), join(folder, 's')];
    for (const made of [temporary, state]) mkdirSync(made);
    const env = { DATABASE_URL: url, TMPDIR: temporary, XDG_STATE_HOME: state };
    const jest = startJest(files, mode, { env });
    await jest.noted('holding');
    process.kill(jest.pid, 'SIGKILL');
    expect((await jest.finished()).exit).toBe('SIGKILL');
    await eventually(() => processesOf(temporary).length === 0);
    expect(await ourDatabases(url)).toHaveLength(2);
    expect((await runJest(next, mode, { env })).exit).toBe(0);
    expect(await ourDatabases(url)).toEqual([]);
    expect(leftBehind({ temporary, state })).toEqual([]);
  });
});

const building = {
  'providers.js': `
    const { DatabaseProvider, defineProviders } = require('jest-model-provider');
    const { note } = require('e2e-kit');
    const shop = async (client) => {
      await client.query('CREATE TABLE t (n int)');
      note('building');
      await client.query('SELECT pg_sleep(600)');
    };
    module.exports = defineProviders({ postgres: new DatabaseProvider({ schemas: { shop } }) });`,
  'a.eval.js': spec(`withClient(['postgres:shop'], () => test('never', () => note('went on')));`),
};

describe.each(bothModes)('Ctrl-C while a template is being built, %s', (mode) => {
  async function interrupted(env: Readonly<Record<string, string>>): Promise<void> {
    const jest = startJest(building, mode, { config: withProviders, env });
    await jest.noted('building');
    process.kill(-jest.pid, 'SIGINT');
    expect(await jest.finished()).toMatchObject({ exit: 130, left: [], notes: ['building'] });
  }

  test('leaves nothing of an own server', () => interrupted({ DATABASE_URL: '', PGHOST: '' }));

  test('leaves nothing on a given server', async () => {
    const { servers } = await databaseSession();
    const { url } = (await servers.setup('embedded')).client;
    await interrupted({ DATABASE_URL: url });
    expect(await ourDatabases(url)).toEqual([]);
  });
});
