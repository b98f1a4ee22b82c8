/** @jest-environment jest-model-provider/environment */
import { Client } from 'pg';
import { Administration } from '../../../dist/src/providers/postgres-server/administration';
import { urlOfDatabase } from '../../../dist/src/providers/postgres-server/connection';
import { databaseName } from '../../../dist/src/providers/postgres-server/database-name';
import { closeSessionsAfterEach } from '../../fixtures/private-session';
import { databaseSession, ourDatabases } from '../database/own-server';

closeSessionsAfterEach();

test('a database that somebody is connected to is left, and dropped with a later one when nobody is', async () => {
  const { url } = (await (await databaseSession()).servers.setup('embedded')).client;
  const mark = '0'.repeat(16);
  const administration = new Administration({ url, mark, isOwn: true, version: 18 });
  const [busy, idle, later] = ['busy', 'idle', 'later'].map((name) => databaseName(mark, name)) as [
    string,
    string,
    string,
  ];
  for (const name of [busy, idle, later]) await administration.create(name);
  const client = new Client({ connectionString: urlOfDatabase(url, busy) });
  await client.connect();
  expect(await administration.dropUnused(idle)).toBe(true);
  expect(await administration.dropUnused(busy)).toBe(false);
  expect((await ourDatabases(url)).sort()).toEqual([busy, later].sort());
  expect((await client.query('SELECT 1')).rowCount).toBe(1);
  await client.end();
  expect(await administration.dropUnused(later)).toBe(true);
  expect(await ourDatabases(url)).toEqual([]);
});
