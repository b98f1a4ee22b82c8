/** @jest-environment jest-model-provider/environment */
import { closeSessionsAfterEach } from '../../fixtures/private-session';
import { databaseSession } from '../database/own-server';
import { askLetters, lettersAnswers, refusesSameName } from './letters';

closeSessionsAfterEach();

test('the embedded server treats letters of all languages as a real server does, and orders by bytes', async () => {
  const { provider } = await databaseSession();
  const { client } = await provider.setup('letters');
  expect(await askLetters(client)).toEqual(lettersAnswers);
  expect(await refusesSameName(client)).toBe('23505');
});
