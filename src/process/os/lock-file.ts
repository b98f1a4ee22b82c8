import { randomBytes } from 'node:crypto';
import { closeSync, constants, linkSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { thisMachine, whereIs, type Machine } from './machine';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity';

/** Either the lock is taken, and `unlock`, which may be repeated, gives it back; or `holder` has it. */
export type LockAttempt =
  | { readonly unlock: () => void; readonly holder?: never }
  | { readonly unlock?: never; readonly holder: LockHolder };

/** Who has a lock. Whether a holder on another machine, or in another container, is alive cannot be known. */
export interface LockHolder extends ProcessIdentity {
  readonly isElsewhere: boolean;
}

// Locks of earlier versions name no machine, and are taken for locks of this one.
type Recorded = ProcessIdentity & Partial<Machine>;

/**
 * Takes the lock file at `path`. The lock of a process that is known to be dead is taken over.
 *
 * @throws the error of the system if there can be no such file: its caller knows what the lock is for.
 */
export function takeLock(path: string): LockAttempt {
  const mine = JSON.stringify({ ...ownIdentity(), ...thisMachine() });
  while (!tryWrite(path, mine)) {
    const text = readText(path);
    // It was given back meanwhile.
    if (text === undefined) continue;
    const holder = holderIn(text);
    if (holder !== undefined) return { holder };
    // By one process at a time: a second one would remove the lock that the first has taken since.
    const removal = takeLock(`${path}.dead`);
    if (removal.unlock === undefined) return removal;
    if (readText(path) === text) rmSync(path);
    removal.unlock();
  }
  return {
    unlock: () => {
      if (readText(path) === mine) rmSync(path, { force: true });
    },
  };
}

/** Makes the file with its whole text at once: a lock without a holder would pass for that of a dead process. */
function tryWrite(path: string, text: string): boolean {
  // Not by the process's number: another one may have the same in another container.
  const draft = `${path}.${randomBytes(8).toString('hex')}`;
  try {
    writeFileSync(draft, text);
    return link(draft, path) ?? unlessPresent(() => writeFileSync(path, text, { flag: 'wx' }));
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Whether there is no such file yet. Some file systems have no links: undefined. */
function link(file: string, path: string): boolean | undefined {
  try {
    return unlessPresent(() => linkSync(file, path));
  } catch {
    return undefined;
  }
}

function unlessPresent(make: () => void): boolean {
  try {
    make();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The holder that a lock names, unless it is known to be dead. */
function holderIn(text: string): LockHolder | undefined {
  try {
    const { pid, startTime, ...machine } = JSON.parse(text) as Recorded;
    const where = machine.bootId === undefined ? 'here' : whereIs(machine);
    const isElsewhere = where === 'elsewhere';
    return isElsewhere || (where === 'here' && isAlive({ pid, startTime }))
      ? { pid, startTime, isElsewhere }
      : undefined;
  } catch {
    return undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    // No link: one that leads nowhere would be neither there nor missing.
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      return readFileSync(file, 'utf8');
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
