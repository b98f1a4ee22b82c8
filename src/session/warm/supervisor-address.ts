import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { knownSessions } from '../../process/ledger/known-sessions';
import { isAlive, type ProcessIdentity } from '../../process/os/process-identity';
import { stateDirectory, unsafeReason } from '../../process/ledger/state-directory';
import type { SessionAddress } from '../wire/private-socket';

/** Where the supervisor of this user listens. */
export interface SupervisorAddress extends SessionAddress {
  readonly process: ProcessIdentity;
}

const fileName = 'supervisor.json';

/**
 * Lets runs find the supervisor. The file lies in the directory of its session, so that it is removed with
 * that, however the supervisor ends.
 */
export function announceSupervisor(directory: string, address: SessionAddress): void {
  writeFileSync(join(directory, fileName), JSON.stringify(address), { mode: 0o600, flag: 'wx' });
}

/** The supervisor of this user, if one is alive: the ledger of its session names the directory. */
export function findSupervisor(): SupervisorAddress | undefined {
  for (const { session, isOfThisBoot } of knownSessions(stateDirectory())) {
    const address = isOfThisBoot && isAlive(session.owner) ? readAddress(session.directory) : undefined;
    if (address !== undefined) return { ...address, process: session.owner };
  }
  return undefined;
}

function readAddress(directory: string): SessionAddress | undefined {
  try {
    if (unsafeReason(directory) !== undefined) return undefined;
    return JSON.parse(readFileSync(join(directory, fileName), 'utf8')) as SessionAddress;
  } catch {
    return undefined;
  }
}
