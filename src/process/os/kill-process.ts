import { isAlive, type ProcessIdentity } from './process-identity';

/** Sends a signal to exactly that process; does nothing if it is gone. */
export function sendTo(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // It has ended since, or runs as another user now: then it is found to be alive still.
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

/** Sends SIGKILL to exactly that process; does nothing if it is gone. */
export function killProcess(identity: ProcessIdentity): void {
  sendTo(identity, 'SIGKILL');
}
