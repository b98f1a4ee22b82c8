import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { stateDirectory } from '../../src/process/ledger/state-directory';
import { ensureSupervisor } from '../../src/supervisor/launch';
import { ownPlaces } from '../support/own-places';

const places = ownPlaces();

test('a lock that cannot be taken names its path, what it is for, the variable and the fix, and nothing is started', async () => {
  const path = join(stateDirectory(), 'supervisor.lock');
  mkdirSync(path);
  await expect(ensureSupervisor({ config: undefined }, { label: 'a' })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: `The lock of the commands that start the supervisor, ${path} cannot be written: a directory is in its way (EISDIR). XDG_STATE_HOME is ${JSON.stringify(places.state)}: remove what is in the way, or set it to a directory that you can write to.`,
  });
  expect(places.left()).toEqual([]);
});
