/** @jest-environment jest-model-provider/environment */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeSessionsAfterEach } from '../fixtures/private-session';
import { eventually } from '../support/eventually';
import { databaseSession, ourDatabases } from '../providers/database/own-server';
import { leftBehind, processesOf } from '../support/left-behind.cjs';
import { spec, withProviders } from './noting-project';
import { bothModes, startJest, type JestRun } from './run-jest';

closeSessionsAfterEach();

const files = {
  't.sql': 'CREATE TABLE t AS SELECT n FROM generate_series(1, 10) AS n;',
  'a.eval.js': spec(`
    withClient([{ spec: 'postgres:shop', config: { schema: './t.sql' } }], (handle) => {
      test('is in the middle of a query', async () => {
        note('holding');
        await handle.client.query("SELECT count(*) FROM generate_series(1, 1e12)");
      }, 600_000);
    });`),
};

const building = {
  'providers.js': `
    const { DatabaseProvider, defineProviders } = require('jest-model-provider');
    const { note } = require('e2e-kit');
    const shop = async (client) => {
      await client.query('CREATE TABLE t (n int)');
      note('building');
      await client.query('SELECT pg_sleep(600)');
    };
    module.exports = defineProviders({
      given: new DatabaseProvider({ schemas: { shop } }),
      own: new DatabaseProvider({ server: 'embedded', schemas: { shop } }),
    });`,
  'a.eval.js': spec(`
    beforeAll(() => Promise.all(['given:shop', 'own:shop'].map((name) => modelProviders.setup(name))), 600_000);
    test('never', () => note('went on'));`),
};

describe.each(bothModes)('runs on a given server that do not come to their end, %s', (mode) => {
  let folder: string;
  let killed: JestRun;
  let interrupted: JestRun;
  const databases = { ofKilled: [] as string[], meanwhile: [] as string[], atTheEnd: [] as string[] };
  let left: string[];

  // The given server ends with the first test, so it is asked before.
  beforeAll(async () => {
    const { servers } = await databaseSession();
    const { url } = (await servers.setup('embedded')).client;
    // Both runs are of one user on one machine. Without a server of its own a session has no guardian either.
    folder = mkdtempSync(join(tmpdir(), 'kd-'));
    const [temporary, state] = [join(folder, 't'), join(folder, 's')];
    for (const made of [temporary, state]) mkdirSync(made);
    const env = { DATABASE_URL: url, TMPDIR: temporary, XDG_STATE_HOME: state };

    const first = startJest(files, mode, { env });
    await first.noted('holding');
    process.kill(first.pid, 'SIGKILL');
    killed = await first.finished();
    await eventually(() => processesOf(temporary).length === 0);
    databases.ofKilled = await ourDatabases(url);

    const next = startJest(building, mode, { config: withProviders, env });
    await next.noted('building', 2);
    databases.meanwhile = await ourDatabases(url);
    process.kill(-next.pid, 'SIGINT');
    interrupted = await next.finished();
    databases.atTheEnd = await ourDatabases(url);
    await eventually(() => processesOf(temporary).length === 0);
    left = leftBehind({ temporary, state });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('a main process that is killed in the middle of a query leaves what the next run there drops', () => {
    expect(killed.exit).toBe('SIGKILL');
    expect(databases.ofKilled).toHaveLength(2);
    expect(databases.meanwhile).not.toEqual([]);
    expect(databases.ofKilled.filter((name) => databases.meanwhile.includes(name))).toEqual([]);
  });

  test('Ctrl-C while templates are being built leaves nothing of an own server, and nothing on a given one', () => {
    expect(interrupted).toMatchObject({ exit: 130, notes: ['building', 'building'] });
    expect(interrupted.events).toContainEqual(
      expect.objectContaining({ type: 'launched', resourceId: 'postgres-server:embedded#1' }),
    );
    expect(databases.atTheEnd).toEqual([]);
    expect(left).toEqual([]);
  });
});
