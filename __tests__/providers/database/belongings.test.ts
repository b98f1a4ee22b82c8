/** @jest-environment jest-model-provider/environment */
import { closeSessionsAfterEach } from '../../fixtures/private-session';
import { belongings, belongingsOf, schemaWithBelongings } from './belongings';
import { ask, databaseSession, ourDatabases } from './own-server';

closeSessionsAfterEach();

// The copies of a template, and the one database of 'shared'.
const isolations = ['file', 'test', 'shared'] as const;
const schemas = { shop: schemaWithBelongings };

test.each(isolations)(
  'what belongs to a database is on that of a lease, with isolation %s',
  async (isolation) => {
    const { provider } = await databaseSession({ isolation, schemas });
    for (const _lease of ['first', 'second']) {
      const { client } = await provider.setup('shop');
      expect(await belongingsOf(client)).toEqual(belongings);
    }
  },
);

test.each(isolations)(
  "on a server of the user's the comment says whose it is as well, with isolation %s",
  async (isolation) => {
    const { servers } = await databaseSession();
    const { url } = (await servers.setup('embedded')).client;
    const { provider, session } = await databaseSession({ server: url, isolation, schemas });
    const { client } = await provider.setup('shop');
    const line = /^the "shop's"\njest-model-provider [0-9a-f]{16}: made for a test, dropped at its end$/;
    expect(await belongingsOf(client)).toEqual({
      ...belongings,
      comment: expect.stringMatching(line) as string,
    });
    const { database = '' } = client;
    await ask(url, `COMMENT ON DATABASE "${database}" IS 'by a test'`);
    await session.close();
    expect(await ourDatabases(url)).toEqual([]);
  },
);
