import { join } from 'node:path';
import type { GuardianOptions } from '../../process/guardian/guardian-protocol';
import { readOrNothing } from '../../process/ledger/known-sessions';
import { Ledger, ledgerDirectory } from '../../process/ledger/ledger';
import { unstopped } from '../../process/ledger/ledger-entry';
import { membersLedBy } from '../../process/os/process-group';
import { bootId, ownIdentity } from '../../process/os/process-identity';
import { ledgerPath } from '../../process/guardian/server-launcher';
import {
  createSessionDirectory,
  newSessionId,
  removeSessionDirectory,
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

  private constructor(state: string) {
    this.loadTimes = new LoadTimes(state);
    this.#ledger = new Ledger(ledgerPath(ledgerDirectory(state), this.session));
    // The ledger comes first, so that the directory is found again at whatever moment this process dies.
    this.#ledger.append({
      type: 'session',
      version: 1,
      session: this.session,
      bootId: bootId(),
      owner: ownIdentity(),
      directory: this.directory,
    });
    createSessionDirectory(this.directory);
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
    if (this.#onExit !== undefined) process.removeListener('exit', this.#onExit);
    const survivors = this.#survivors();
    removeSessionDirectory(this.directory, this.session);
    if (survivors.length === 0) this.#ledger.remove();
    return survivors;
  }

  // The guardian may have removed the ledger already: then nothing was left.
  #survivors(): string[] {
    return unstopped(readOrNothing(this.#ledger)).flatMap(({ process: leader, resourceId }) =>
      membersLedBy(leader).map(({ pid }) => `process ${pid} of ${resourceId}`),
    );
  }
}
