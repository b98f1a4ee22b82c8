import { Client } from 'pg';
import { Administration } from '../../../dist/src/providers/postgres-server/administration';
import { urlOfDatabase } from '../../../dist/src/providers/postgres-server/connection';
import { databaseName } from '../../../dist/src/providers/postgres-server/database-name';
import { ourDatabases } from '../database/own-server';

/** Sees that a server's database is left while somebody is connected to it, and goes with the next one then. */
export async function expectLeftWhileUsed(url: string, version: number): Promise<void> {
  const mark = '0'.repeat(16);
  const administration = new Administration({ url, mark, isOwn: true, version });
  const [busy, idle, later] = [1, 2, 3].map((n) => databaseName(mark, `left ${n}`)) as [
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
}
