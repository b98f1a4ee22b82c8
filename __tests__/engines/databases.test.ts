/** @jest-environment jest-model-provider/environment */
import { existsSync } from 'node:fs';
import { Client } from 'pg';
import { DatabaseProvider, type DatabaseConnection } from 'jest-model-provider';
import { describeProviderContract } from 'jest-model-provider/testing';
import { closeSessionsAfterEach } from '../fixtures/private-session';
import { databaseSession, ourDatabases, value } from '../providers/database/own-server';

// A second real server: that of Debian 12.
const folder = '/usr/lib/postgresql/15/bin';
const isInstalled = existsSync(`${folder}/initdb`);
if (!isInstalled) process.stderr.write(`PostgreSQL 15: skipped, there is no ${folder}\n`);
const schema = async (client: Client): Promise<void> =>
  void (await client.query('CREATE TABLE t (n int); INSERT INTO t VALUES (1)'));

async function isThere({ url }: DatabaseConnection): Promise<boolean> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  return client
    .connect()
    .then(
      () => true,
      () => false,
    )
    .finally(() => client.end());
}

(isInstalled ? describe : describe.skip)('PostgreSQL 15', () => {
  closeSessionsAfterEach();

  describeProviderContract(
    'DatabaseProvider',
    () => new DatabaseProvider({ server: folder, schemas: { shop: schema } }),
    {
      name: 'shop',
      failing: { name: 'unknown' },
      isAlive: isThere,
      use: (client) => client.query('SELECT n FROM t'),
    },
  );

  test('50 leases at once have 50 databases, and leave none', async () => {
    const { provider, servers } = await databaseSession({ server: folder, schemas: { shop: schema } });
    const server = await servers.setup(folder);
    expect(await value(server.client, 'SHOW server_version')).toMatch(/^15\./);
    const handles = await Promise.all(Array.from({ length: 50 }, () => provider.setup('shop')));
    expect(new Set(handles.map(({ client }) => client.url)).size).toBe(50);
    await provider.teardownAll();
    expect((await ourDatabases(server.client.url)).filter((name) => !name.includes('_template_'))).toEqual(
      [],
    );
    await server.teardown();
  });
});
