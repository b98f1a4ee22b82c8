import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Ledger } from '../../../src/process/ledger/ledger';
import { processEntry, type ProcessIdentity } from '../../../src/process/os/process-identity';
import { SessionFiles } from '../../../src/session/broker/session-files';
import { ownPlaces } from '../../support/own-places';

ownPlaces();

/** Files whose ledger names a server. */
async function filesWith(server: ProcessIdentity): Promise<{ files: SessionFiles; ledger: Ledger }> {
  const { files } = await SessionFiles.create();
  const ledger = new Ledger(files.guardianOptions.ledger);
  ledger.append({ type: 'process', resourceId: 'fake:a#1', process: server, graceMs: 100 });
  return { files, ledger };
}

describe('the removal of a session’s files', () => {
  // A process that leads a group: the leader of this one may have ended.
  const leader = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
  afterAll(() => leader.kill('SIGKILL'));
  const group = (): ProcessIdentity => ({ ...processEntry(leader.pid!)! });

  test('names a server that is still alive, and keeps the ledger for the next run', async () => {
    const { pid, startTime } = group();
    const { files, ledger } = await filesWith({ pid, startTime });
    expect(files.remove()).toContain(`process ${pid} of fake:a#1`);
    expect([existsSync(files.directory), existsSync(ledger.path)]).toEqual([false, true]);
  });

  test('takes no later process for a server whose number it has got', async () => {
    const { files, ledger } = await filesWith({ pid: group().pid, startTime: '1' });
    expect(files.remove()).toEqual([]);
    expect([existsSync(files.directory), existsSync(ledger.path)]).toEqual([false, false]);
  });
});
