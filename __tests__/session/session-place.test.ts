import { existsSync } from 'node:fs';
import { Ledger } from '../../src/process/ledger';
import { processEntry, type ProcessIdentity } from '../../src/process/process-identity';
import { SessionPlace } from '../../src/session/session-place';
import { ownPlaces } from '../process/own-places';

ownPlaces();

/** A place whose ledger names a server. */
async function placeWith(server: ProcessIdentity): Promise<{ place: SessionPlace; ledger: Ledger }> {
  const { place } = await SessionPlace.create();
  const ledger = new Ledger(place.guardianOptions.ledger);
  ledger.append({ type: 'process', resourceId: 'fake:a#1', process: server, graceMs: 100 });
  return { place, ledger };
}

describe('the removal of a session’s place', () => {
  // A process that leads a group.
  const group = (): ProcessIdentity => ({ ...processEntry(processEntry(process.pid)!.group)! });

  test('names a server that is still alive, and keeps the ledger for the next run', async () => {
    const { pid, startTime } = group();
    const { place, ledger } = await placeWith({ pid, startTime });
    expect(place.remove()).toContain(`process ${pid} of fake:a#1`);
    expect([existsSync(place.directory), existsSync(ledger.path)]).toEqual([false, true]);
  });

  test('takes no later process for a server whose number it has got', async () => {
    const { place, ledger } = await placeWith({ pid: group().pid, startTime: '1' });
    expect(place.remove()).toEqual([]);
    expect([existsSync(place.directory), existsSync(ledger.path)]).toEqual([false, false]);
  });
});
