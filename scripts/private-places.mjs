import { chmodSync, mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leftBehind } from '../__tests__/support/left-behind.cjs';

/**
 * Temporary and state directories for one run alone, so that whatever it leaves behind is seen, and is known
 * to be its own.
 */
export class PrivatePlaces {
  /** Short, since socket paths must be. */
  #root = mkdtempSync(join(tmpdir(), 'own-'));
  #temporary = join(this.#root, 't');
  #state = join(this.#root, 's');

  constructor() {
    // Others may pass through, as through /tmp itself: some tests run a program as another user. Nobody may
    // list it.
    chmodSync(this.#root, 0o711);
    mkdirSync(this.#temporary);
    mkdirSync(this.#state);
  }

  /** What makes a process use these places. */
  get env() {
    return { TMPDIR: this.#temporary, XDG_STATE_HOME: this.#state };
  }

  /** Every process, session directory and ledger that is still there. */
  leftBehind() {
    return leftBehind({ temporary: this.#temporary, state: this.#state });
  }

  remove() {
    rmSync(this.#root, { recursive: true, force: true });
  }
}
