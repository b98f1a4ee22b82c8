import { isAlive, type ProcessIdentity } from './process-identity';

/** Sends a signal to exactly that process; does nothing if it is gone. */
export function sendTo(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Sends SIGKILL to exactly that process; does nothing if it is gone. */
export function killProcess(identity: ProcessIdentity): void {
  sendTo(identity, 'SIGKILL');
}
