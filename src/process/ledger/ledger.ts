import {
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { isEntry, type LedgerEntry } from './ledger-entry';
import { privateDirectory } from './state-directory';
import { writing } from './unwritable';

const appending = constants.O_WRONLY | constants.O_APPEND;

/** The directory of all sessions' ledgers, below the state directory. */
export function ledgerDirectory(stateDirectory: string): string {
  return privateDirectory(join(stateDirectory, 'sessions'));
}

/**
 * The file by which the next run reclaims what this session has left: one JSON object a line, synced to disk
 * before the process that it names may begin its work.
 */
export class Ledger {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * Appends a line and returns when it is on disk. Only the line of the session makes the file: a guardian whose
   * session was swept would else leave a ledger that belongs to nobody.
   *
   * @throws ModelProviderError `CONFIG_INVALID` if it cannot be written.
   */
  append(entry: LedgerEntry): void {
    writing('The ledger', this.path, 'XDG_STATE_HOME', () => this.#append(entry));
  }

  #append(entry: LedgerEntry): void {
    const file = openSync(this.path, entry.type === 'session' ? 'a' : appending, 0o600);
    try {
      // It begins a new line, also after a line that a crash has torn.
      writeSync(file, `\n${JSON.stringify(entry)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }

  /** All valid lines. A line that a crash has torn names nothing that was started. */
  read(): LedgerEntry[] {
    return readFileSync(this.path, 'utf8')
      .split('\n')
      .flatMap((line) => parseEntry(line) ?? []);
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }
}

/** Every ledger in `directory`. */
export function findLedgers(directory: string): Ledger[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => new Ledger(join(directory, name)));
}

function parseEntry(line: string): LedgerEntry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isEntry(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
