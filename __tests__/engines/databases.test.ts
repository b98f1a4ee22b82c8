/** @jest-environment jest-model-provider/environment */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { Client } from 'pg';
import { DatabaseProvider, type DatabaseConnection } from 'jest-model-provider';
import { describeProviderContract } from 'jest-model-provider/testing';
import { closeSessionsAfterEach } from '../fixtures/private-session';
import { belongings, belongingsOf, schemaWithBelongings } from '../providers/database/belongings';
import { askLetters, lettersAnswers, refusesSameName } from '../providers/postgres-server/letters';
import { expectLeftWhileUsed } from '../providers/postgres-server/left-databases';
import { databaseSession, ourDatabases, value } from '../providers/database/own-server';

// A second real server: that of Debian 12. Where it cannot be had the tests are skipped, and it is said why.
const script = join(__dirname, '../../scripts/fetch-postgres.mjs');
const answer = execFileSync(process.execPath, [script], { encoding: 'utf8' }).trim();
const isThere = !answer.startsWith('skipped: ');
const folder = isThere ? answer : '/nowhere';
const title = isThere ? 'PostgreSQL 15' : `PostgreSQL 15 (${answer})`;
if (!isThere) process.stderr.write(`PostgreSQL 15: ${answer}\n`);
const schema = async (client: Client): Promise<void> =>
  void (await client.query('CREATE TABLE t (n int); INSERT INTO t VALUES (1)'));

async function answers({ url }: DatabaseConnection): Promise<boolean> {
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

(isThere ? describe : describe.skip)(title, () => {
  closeSessionsAfterEach();

  describeProviderContract(
    'DatabaseProvider',
    () => new DatabaseProvider({ server: folder, schemas: { shop: schema } }),
    {
      name: 'shop',
      failing: { name: 'unknown' },
      isAlive: answers,
      use: (client) => client.query('SELECT n FROM t'),
    },
  );

  test('its text is that of every other server: the letters of all languages, in the order of bytes', async () => {
    const { provider } = await databaseSession({ server: folder });
    const { client } = await provider.setup('letters');
    expect(await askLetters(client)).toEqual(lettersAnswers);
    expect(await refusesSameName(client)).toBe('23505');
  });

  test('icuLocale orders its text by a language', async () => {
    const { provider } = await databaseSession({ server: folder, icuLocale: 'de-DE' });
    const { client } = await provider.setup('letters');
    expect(
      await value(client, "SELECT string_agg(x, '' ORDER BY x) FROM unnest(array['z', 'ä', 'B']) x"),
    ).toBe('äBz');
  });

  test.each(['file', 'shared'] as const)(
    'what belongs to a database is on that of a lease, %s',
    async (isolation) => {
      const { provider } = await databaseSession({
        ...{ server: folder, isolation, schemas: { shop: schemaWithBelongings } },
      });
      expect(await belongingsOf((await provider.setup('shop')).client)).toEqual(belongings);
    },
  );

  test('listen gives it a port, for those who know the password', async () => {
    const { provider } = await databaseSession({ server: folder, listen: '127.0.0.1' });
    const { client } = await provider.setup('shop');
    expect(await answers({ url: client.url, statementTimeoutMs: 0 })).toBe(true);
    const wrong = new URL(client.url);
    wrong.password = 'wrong';
    expect(await answers({ url: wrong.href, statementTimeoutMs: 0 })).toBe(false);
  });

  test('a database that somebody is connected to is left, and dropped when nobody is', async () => {
    const { servers } = await databaseSession();
    await expectLeftWhileUsed((await servers.setup(folder)).client.url, 15);
  });

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
