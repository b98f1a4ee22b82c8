/** @jest-environment jest-model-provider/environment */
import { caught } from '../../support/caught';
import { closeSessionsAfterEach } from '../../fixtures/private-session';
import { databaseSession, value } from './own-server';

closeSessionsAfterEach();

const order = `SELECT string_agg(x, '' ORDER BY x) FROM unnest(array['z', 'ä', 'a', 'B']) x`;
const schemas = {
  shop: async (client: { query(sql: string): Promise<unknown> }) =>
    void (await client.query('CREATE TABLE t ()')),
};

test.each([
  ['an empty database', {}],
  ['a copy of a template', { schemas }],
  ['a shared one', { schemas, isolation: 'shared' as const }],
])('icuLocale orders text as its language does: %s', async (_what, options) => {
  const { provider } = await databaseSession({ icuLocale: 'de-DE', ...options });
  const { client } = await provider.setup('shop');
  expect(await value(client, order)).toBe('aäBz');
  expect(await value(client, `SELECT 'É' ILIKE 'é' AND lower('Ä') = 'ä'`)).toBe(true);
});

test('providers of other locales have templates of their own on the same server', async () => {
  const { provider } = await databaseSession({ icuLocale: 'sv-SE', schemas });
  expect(await value((await provider.setup('shop')).client, order)).toBe('aBzä');
});

test.each(['xx-XX', "'; DROP", ''])('a locale that is none is refused: %s', async (icuLocale) => {
  const { provider } = await databaseSession({ icuLocale });
  expect(await caught(provider.setup('shop'))).toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(/^icuLocale is "/) as string,
  });
});
