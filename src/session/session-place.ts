import { join } from 'node:path';
import type { GuardianOptions } from '../process/guardian-protocol';
import { readOrNothing } from '../process/known-sessions';
import { Ledger, ledgerDirectory } from '../process/ledger';
import { unstopped } from '../process/ledger-entry';
import { membersLedBy } from '../process/process-group';
import { bootId, ownIdentity } from '../process/process-identity';
import { ledgerPath } from '../process/server-launcher';
import {
  createSessionDirectory,
  newSessionId,
  removeSessionDirectory,
  sessionDirectoryPath,
} from '../process/session-directory';
import { stateDirectory } from '../process/state-directory';
import { sweepDeadSessions, type SweepReport } from '../process/sweep';
import { LoadTimes } from './load-times';

/** What a session has on disk: its directory and its ledger, and what it shares with others, the load times. */
export class SessionPlace {
  readonly session = newSessionId();
  readonly directory = sessionDirectoryPath(this.session);
  readonly loadTimes: LoadTimes;
  readonly #ledger: Ledger;
  #onExit: (() => void) | undefined;

  private constructor(state: string) {
    this.loadTimes = new LoadTimes(state);
    this.#ledger = new Ledger(ledgerPath(ledgerDirectory(state), this.session));
    // The ledger comes first, so that the directory is found again whenever this process dies.
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

  /** Reclaims what dead sessions left, then makes a place for a new one. */
  static async create(): Promise<{ place: SessionPlace; swept: SweepReport }> {
    const state = stateDirectory();
    const swept = await sweepDeadSessions(state);
    return { place: new SessionPlace(state), swept };
  }

  get guardianOptions(): GuardianOptions {
    return { session: this.session, ledger: this.#ledger.path, directory: this.directory };
  }

  get socketPath(): string {
    return join(this.directory, 's');
  }

  /** Removes everything when this process exits without a close, if `isOurs` says that nobody else will. */
  removeAtExit(isOurs: () => boolean): void {
    this.#onExit = () => {
      if (isOurs()) this.remove();
    };
    process.once('exit', this.#onExit);
  }

  /** Removes everything; processes that are still alive keep the ledger for the next run, and are returned. */
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
