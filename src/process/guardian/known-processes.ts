import {
  isAlive,
  livingEntry,
  processEntry,
  type ProcessEntry,
  type ProcessIdentity,
} from '../os/process-identity';
import { environmentOf, processesBesides } from '../os/process-table';
import { markedServer } from './session-mark';
import { worksAs } from './working-process';

/** A server whose processes are to be known. */
export interface WatchedServer {
  readonly leader: ProcessIdentity;
  /** Where it works, if that is a directory which the session made; undefined elsewhere. */
  readonly ownDirectory: string | undefined;
  /** The program that was started, without links. */
  readonly executable: string;
}

interface Watched {
  /** Undefined for a server that is not watched, of which a process with its mark was found nevertheless. */
  server: WatchedServer | undefined;
  readonly processes: Map<number, ProcessIdentity>;
  /** Those that the ledger names already. */
  readonly noted: Set<ProcessIdentity>;
}

// A number may mean another process after so long a time without a look, however many processes there are.
const longestGapMs = 5000;

/**
 * The processes of a guardian's servers. A process is a server's if a process of that server started it, or if
 * it had the server's mark in its environment when it was first seen. It stays known by its number and start
 * time when it loses its parent, its group and its mark: `setproctitle` overwrites the environment, and so do
 * all children of a PostgreSQL (https://github.com/postgres/postgres/blob/master/src/backend/utils/misc/ps_status.c).
 *
 * It reads what is new since the last look, which takes about a millisecond for a thousand processes.
 */
export class KnownProcesses {
  readonly #session: string;
  readonly #watched = new Map<string, Watched>();
  /** The numbers of processes that are nobody's here. */
  #strangers: Set<number>;
  /** Those whose environment was empty at the first look: maybe they were just becoming another program. */
  #unclear = new Set<number>();
  #lookedAt = performance.now();

  /** To be called before the first server is started: what is there now is none of them. */
  constructor(session: string, present: readonly number[]) {
    this.#session = session;
    this.#strangers = new Set(present);
  }

  watch(id: string, server: WatchedServer): void {
    this.#of(id).server = server;
    this.#claim(server.leader, id);
  }

  /** Forgets a server of which nothing is left. */
  forget(id: string): void {
    this.#watched.delete(id);
  }

  /** Looks which processes there are now. */
  look(): void {
    if (performance.now() - this.#lookedAt > longestGapMs) this.#strangers.clear();
    this.#lookedAt = performance.now();
    const { pids, entries } = processesBesides(new Set([...this.#strangers, ...this.#owners().keys()]));
    // After the entries were read: who is alive now was so then, so a parent's number meant that process.
    this.#removeDead();
    const living = entries.filter(({ isZombie }) => !isZombie);
    const unclear = new Set<number>();
    const unmarked = this.#claimChildren(living).filter((entry) => {
      const environment = environmentOf(entry.pid);
      if (this.#claim(entry, markedServer(this.#session, environment))) return false;
      if (environment?.length === 0 && !this.#unclear.has(entry.pid)) unclear.add(entry.pid);
      return true;
    });
    this.#claimChildren(unmarked);
    const owners = this.#owners();
    this.#strangers = new Set(pids.filter((pid) => !owners.has(pid) && !unclear.has(pid)));
    this.#unclear = unclear;
  }

  /** The living processes of a server, and what works for it in a directory that the session made. */
  living(id: string): ProcessEntry[] {
    this.look();
    const watched = this.#of(id);
    const { ownDirectory, executable = '' } = watched.server ?? {};
    if (ownDirectory !== undefined) {
      for (const pid of [...this.#strangers]) {
        const entry = worksAs(pid, [ownDirectory], [executable]) ? processEntry(pid) : undefined;
        if (entry !== undefined) this.#claim(entry, id);
      }
    }
    return [...watched.processes.values()].flatMap((identity) => livingEntry(identity) ?? []);
  }

  /** The living processes of all servers. */
  all(): ProcessEntry[] {
    return [...this.#watched.keys()].flatMap((id) => this.living(id));
  }

  /**
   * Writes down the processes of a server that a later run could know in no other way: they have lost their
   * mark, and where they work does not show whose they are. Each is written once.
   */
  note(id: string, write: (processes: readonly ProcessIdentity[]) => void): void {
    const { server, processes, noted } = this.#of(id);
    if (server === undefined) return;
    const found = [...processes.values()].filter(
      (identity) => !noted.has(identity) && !this.#isRecognisable(identity, id, server),
    );
    if (found.length === 0) return;
    write(found);
    for (const identity of found) noted.add(identity);
  }

  #isRecognisable({ pid }: ProcessIdentity, id: string, server: WatchedServer): boolean {
    const { leader, ownDirectory, executable } = server;
    if (pid === leader.pid) return true;
    // Where no environment can be seen, its group shows whose it is, as long as it stays there.
    if (process.platform !== 'linux') return processEntry(pid)?.group === leader.pid;
    if (ownDirectory !== undefined && worksAs(pid, [ownDirectory], [executable])) return true;
    const environment = environmentOf(pid);
    if (processEntry(pid)?.isZombie !== false) return true;
    return markedServer(this.#session, environment) === id;
  }

  /** Claims the children of known processes, and theirs; returns the others. */
  #claimChildren(entries: readonly ProcessEntry[]): readonly ProcessEntry[] {
    const owners = this.#owners();
    const others = entries.filter((entry) => !this.#claim(entry, owners.get(entry.parent)));
    return others.length === entries.length ? others : this.#claimChildren(others);
  }

  #claim({ pid, startTime }: ProcessIdentity, id: string | undefined): boolean {
    if (id === undefined || pid === process.pid) return false;
    this.#of(id).processes.set(pid, { pid, startTime });
    this.#strangers.delete(pid);
    return true;
  }

  #owners(): Map<number, string> {
    return new Map(
      [...this.#watched].flatMap(([id, { processes }]) =>
        [...processes.keys()].map((pid) => [pid, id] as const),
      ),
    );
  }

  #removeDead(): void {
    for (const { processes, noted } of this.#watched.values()) {
      for (const identity of processes.values()) {
        if (isAlive(identity)) continue;
        processes.delete(identity.pid);
        noted.delete(identity);
      }
    }
  }

  #of(id: string): Watched {
    const present = this.#watched.get(id);
    if (present !== undefined) return present;
    const made: Watched = { server: undefined, processes: new Map(), noted: new Set() };
    this.#watched.set(id, made);
    return made;
  }
}
