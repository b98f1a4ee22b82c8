/** @jest-environment jest-model-provider/environment */
import { closeSessionsAfterEach } from '../../fixtures/private-session';
import { databaseSession } from '../database/own-server';
import { expectLeftWhileUsed } from './left-databases';

closeSessionsAfterEach();

test('a database that somebody is connected to is left, and dropped with a later one when nobody is', async () => {
  const { servers } = await databaseSession();
  await expectLeftWhileUsed((await servers.setup('embedded')).client.url, 18);
});
