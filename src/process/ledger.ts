import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessIdentity } from './process-identity';
import { privateDirectory } from './state-directory';

/** What a ledger's lines say. The file holds no secret and no configuration. */
export type LedgerEntry =
  | {
      readonly type: 'session';
      readonly version: 1;
      readonly session: string;
      readonly bootId: string;
      readonly owner: ProcessIdentity;
      /** The session's directory: socket, logs. */
      readonly directory: string;
    }
  | { readonly type: 'guardian'; readonly guardian: ProcessIdentity }
  | {
      readonly type: 'process';
      readonly resourceId: string;
      readonly process: ProcessIdentity;
      readonly graceMs: number;
    }
  | { readonly type: 'stopped'; readonly pid: number };

/** Where the ledgers of all sessions lie, below the state directory. */
export function ledgerDirectory(stateDirectory: string): string {
  return privateDirectory(join(stateDirectory, 'sessions'));
}

/**
 * The file that lets the next run reclaim what this session left: one JSON object a line, synced to disk before the process
 * that it names may begin its work.
 */
export class Ledger {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Appends a line and returns when it is on disk. */
  append(entry: LedgerEntry): void {
    const file = openSync(this.path, 'a', 0o600);
    try {
      writeSync(file, `${JSON.stringify(entry)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }

  /** All whole lines; a line torn by a crash names nothing that was started. */
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
    return JSON.parse(line) as LedgerEntry;
  } catch {
    return undefined;
  }
}
