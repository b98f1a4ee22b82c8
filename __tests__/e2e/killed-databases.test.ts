/** @jest-environment jest-model-provider/environment */
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { closeSessionsAfterEach } from '../fixtures/private-session';
import { eventually } from '../process/eventually';
import { databaseSession, ourDatabases } from '../providers/database/own-server';
import { spec } from './noting-project';
import { bothModes, runJest, startJest } from './run-jest';

closeSessionsAfterEach();

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

  test('leaves databases on a given server to the next run, which drops them', async () => {
    const { servers } = await databaseSession();
    const { url } = (await servers.setup('embedded')).client;
    const env = { DATABASE_URL: url };
    const jest = startJest(files, mode, { env });
    await jest.noted('holding');
    process.kill(jest.pid, 'SIGKILL');
    expect(await jest.finished()).toMatchObject({ exit: 'SIGKILL', left: [] });
    expect(await ourDatabases(url)).toHaveLength(2);
    expect(await runJest(next, mode, { env })).toMatchObject({ exit: 0, left: [] });
    expect(await ourDatabases(url)).toEqual([]);
  });
});
