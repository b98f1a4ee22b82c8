import { write } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { GuardianOptions } from '../guardian/guardian-protocol';
import { Ledger } from '../ledger/ledger';
import { readOrNothing } from '../ledger/known-sessions';
import { removeSessionDirectory } from '../ledger/session-directory';
import { killOwnFamily } from '../os/process-family';

// Whoever reads the output may be gone or slow; the end does not wait for that.
const sayMs = 200;

/**
 * Kills this process, whose main thread is blocked, from another thread of it, with what it has started in its
 * own group, such as the command that an `execSync` waits for.
 *
 * @param reason printed on standard error.
 * @param files of the session that this process owns; a guardian removes them, or this function.
 */
export async function endBlockedProcess(reason?: string, files?: GuardianOptions): Promise<void> {
  if (reason !== undefined) {
    // Not by `process.stderr`, which the main thread would have to write.
    const text = `jest-model-provider: ${reason}\n`;
    await Promise.race([promisify(write)(2, text).catch(() => undefined), sleep(sayMs)]);
  }
  if (files !== undefined) removeUnguarded(files);
  killOwnFamily();
}

/** A guardian, if there is one, still needs the ledger, and removes everything itself. */
function removeUnguarded({ session, ledger: path, directory }: GuardianOptions): void {
  const ledger = new Ledger(path);
  if (readOrNothing(ledger).some(({ type }) => type === 'guardian')) return;
  try {
    removeSessionDirectory(directory, session);
    ledger.remove();
  } catch {
    // The next run removes it.
  }
}
