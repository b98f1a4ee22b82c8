import { ownIdentity, type ProcessIdentity } from '../src/process/os/process-identity';
import { presentSession } from '../src/session/open-session';

let identity: ProcessIdentity | undefined;

/** This process, if it is a worker that Jest has forked. Jest itself may have been forked too. */
export function workerProcess(): ProcessIdentity | undefined {
  if (process.send === undefined || presentSession() !== undefined) return undefined;
  return (identity ??= ownIdentity());
}

let isHeld = false;

/**
 * Makes a worker ignore the interrupt that a terminal sends to the whole process group. If workers died at
 * once, Jest would report their files and start others during the teardown of the session. The worker ends
 * with the session's socket.
 */
export function holdInterrupts(): void {
  if (isHeld) return;
  isHeld = true;
  process.on('SIGINT', () => undefined);
}
