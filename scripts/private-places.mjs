import { chmodSync, existsSync, mkdtempSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Temporary and state directories for one run alone, so that whatever it leaves behind is seen, and is known to be its own. */
export class PrivatePlaces {
  /** Short, since socket paths must be. */
  #root = mkdtempSync(join(tmpdir(), 'own-'));
  #temporary = join(this.#root, 't');
  #state = join(this.#root, 's');

  constructor() {
    // Others may pass through, as through /tmp itself: some tests run a program as another user. Nobody may list it.
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
    const ledgers = join(this.#state, 'jest-model-provider', 'sessions');
    return [
      ...processesWith(`TMPDIR=${this.#temporary}`),
      ...readdirSync(this.#temporary).filter((name) => name.startsWith('jmp-')),
      ...(existsSync(ledgers) ? readdirSync(ledgers).map((name) => `ledger ${name}`) : []),
    ];
  }

  remove() {
    rmSync(this.#root, { recursive: true, force: true });
  }
}

// By their environment, which everything that a run starts inherits. Only Linux shows it.
function processesWith(variable) {
  if (!existsSync('/proc/self/environ')) return [];
  return readdirSync('/proc').flatMap((pid) => {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'utf8').includes(variable)) return [];
      return [`process ${pid}: ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`];
    } catch {
      // Not a process, or gone by now.
      return [];
    }
  });
}
