import { join } from 'node:path';
import type { GuardianOptions } from '../../process/guardian/guardian-protocol';
import { readOrNothing } from '../../process/ledger/known-sessions';
import { Ledger, ledgerDirectory } from '../../process/ledger/ledger';
import { unstopped } from '../../process/ledger/ledger-entry';
import { remainingProcesses } from '../../process/guardian/remaining-processes';
import { thisMachine } from '../../process/os/machine';
import { ownIdentity, type ProcessIdentity } from '../../process/os/process-identity';
import { ledgerPath } from '../../process/guardian/server-launcher';
import {
  createSessionDirectory,
  newSessionId,
  removeSessionDirectory,
  sessionDirectories,
  sessionDirectoryPath,
} from '../../process/ledger/session-directory';
import { stateDirectory } from '../../process/ledger/state-directory';
import { sweepDeadSessions, type SweepReport } from '../../process/guardian/sweep';
import { LoadTimes } from '../resources/load-times';

/** What a session has on disk: its directory, its ledger, and the load times, which sessions share. */
export class SessionFiles {
  readonly session = newSessionId();
  readonly directory = sessionDirectoryPath(this.session);
  readonly loadTimes: LoadTimes;
  readonly #ledger: Ledger;
  #onExit: (() => void) | undefined;
  #areRemoved = false;

  private constructor(state: string) {
    this.loadTimes = new LoadTimes(state);
    this.#ledger = new Ledger(ledgerPath(ledgerDirectory(state), this.session));
    try {
      // The ledger comes first, so that the directory is found again at whatever moment this process dies.
      this.#ledger.append({
        type: 'session',
        version: 1,
        session: this.session,
        ...thisMachine(),
        owner: ownIdentity(),
        directory: this.directory,
      });
      createSessionDirectory(this.directory);
    } catch (error) {
      this.#ledger.remove();
      throw error;
    }
  }

  /** Reclaims what dead sessions left, then makes the files of a new one. */
  static async create(): Promise<{ files: SessionFiles; swept: SweepReport }> {
    const state = stateDirectory();
    const swept = await sweepDeadSessions(state);
    return { files: new SessionFiles(state), swept };
  }

  get guardianOptions(): GuardianOptions {
    return { session: this.session, ledger: this.#ledger.path, directory: this.directory };
  }

  get socketPath(): string {
    return join(this.directory, 's');
  }

  /** Notes a worker, for the guardian and the next run: it may be blocked or stopped when this process dies. */
  noteWorker(worker: ProcessIdentity): void {
    // It would make the ledger anew.
    if (this.#areRemoved) return;
    try {
      this.#ledger.append({ type: 'worker', worker });
    } catch {
      // On a full disk: this process and the worker itself end it.
    }
  }

  /** Removes everything when this process exits without a close, if `isOurs` says that no guardian will. */
  removeAtExit(isOurs: () => boolean): void {
    this.#onExit = () => {
      if (isOurs()) this.remove();
    };
    process.once('exit', this.#onExit);
  }

  /**
   * Removes everything and returns the processes that are still alive: for these the ledger stays, for the
   * next run.
   */
  remove(): string[] {
    this.#areRemoved = true;
    if (this.#onExit !== undefined) process.removeListener('exit', this.#onExit);
    const survivors = this.#survivors();
    removeSessionDirectory(this.directory, this.session);
    if (survivors.length === 0) this.#ledger.remove();
    return survivors;
  }

  // The guardian may have removed the ledger already: then nothing was left.
  #survivors(): string[] {
    const entries = readOrNothing(this.#ledger);
    if (unstopped(entries).length === 0) return [];
    const directories = sessionDirectories(this.directory);
    return remainingProcesses({ session: this.session, entries, directories }).map(
      ({ pid, resourceId }) => `process ${pid} of ${resourceId}`,
    );
  }
}
