import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateDirectory } from '../../process/ledger/state-directory';

/** The version of the file. */
const version = 1;
/** Only the latest entries are kept, so that the file stays small. */
const mostEntries = 500;
/** The weight of the newest load: the first one after a boot may be far slower than all that follow. */
const weightOfNewest = 0.5;

type Entries = Record<string, number>;

/**
 * How long resources took to load on this machine, in milliseconds: learned from every start, kept in
 * `load-times.json` of the state directory. Names and configurations are hashed. The file may be deleted at
 * any time. If it cannot be read, nothing is known; if it cannot be written, nothing is learned.
 */
export class LoadTimes {
  readonly #path: string;
  #entries: Entries;

  constructor(directory: string) {
    this.#path = join(directory, 'load-times.json');
    this.#entries = read(this.#path);
  }

  /** The load times of this user; empty if the state directory is not safe. */
  static ofUser(): Pick<LoadTimes, 'get'> {
    try {
      return new LoadTimes(stateDirectory());
    } catch {
      return { get: () => undefined };
    }
  }

  /** Milliseconds that a load of the resource with this key is expected to take. */
  get(key: string): number | undefined {
    return this.#entries[hashed(key)];
  }

  /** Learns from a load that took `ms` milliseconds. */
  note(key: string, ms: number): void {
    const name = hashed(key);
    // Another session may have learned something meanwhile.
    const { [name]: before = ms, ...others } = { ...this.#entries, ...read(this.#path) };
    const learned = Math.round(before + weightOfNewest * (ms - before));
    this.#entries = Object.fromEntries(
      [...Object.entries(others), [name, learned] as const].slice(-mostEntries),
    );
    write(this.#path, this.#entries);
  }
}

function hashed(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 32);
}

function read(path: string): Entries {
  try {
    const file = JSON.parse(readFileSync(path, 'utf8')) as { version?: unknown; loads?: unknown } | null;
    if (file?.version !== version || typeof file.loads !== 'object' || file.loads === null) return {};
    return Object.fromEntries(
      Object.entries(file.loads as Record<string, unknown>).filter(
        (entry): entry is [string, number] =>
          typeof entry[1] === 'number' && Number.isFinite(entry[1]) && entry[1] >= 0,
      ),
    );
  } catch {
    return {};
  }
}

/** Replaces the file in one step, so that a reader finds the old file or the new one. */
function write(path: string, loads: Entries): void {
  const draft = `${path}.${process.pid}`;
  try {
    writeFileSync(draft, JSON.stringify({ version, loads }), { mode: 0o600 });
    renameSync(draft, path);
  } catch {
    // On a full disk only what was learned is lost.
  }
}
