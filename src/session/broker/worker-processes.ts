import { until } from '../../base/until';
import { killFamily } from '../../process/os/process-family';
import { isAlive, type ProcessIdentity } from '../../process/os/process-identity';

// A worker ends itself when its socket closes, unless it is blocked or stopped.
const politeMs = 500;
const killLimitMs = 2000;

/** The worker processes of a run, as they have named themselves. */
export class WorkerProcesses {
  readonly #known = new Map<number, ProcessIdentity>();
  readonly #note: (worker: ProcessIdentity) => void;

  /** @param note writes a new one to the ledger. */
  constructor(note: (worker: ProcessIdentity) => void) {
    this.#note = note;
  }

  /** Adds the worker if there is such a process; it names itself for each of its files. */
  add(worker: ProcessIdentity): void {
    const { pid, startTime } = worker;
    if (!Number.isInteger(pid) || pid <= 1 || pid === process.pid) return;
    if (this.#known.get(pid)?.startTime === startTime || !isAlive(worker)) return;
    this.#known.set(pid, { pid, startTime });
    this.#note({ pid, startTime });
  }

  /**
   * SIGKILLs those that do not end by themselves; call it when their sockets are closed. Resolves to the
   * numbers of those that are still there.
   */
  async end(graceMs = politeMs): Promise<number[]> {
    const living = (): ProcessIdentity[] => [...this.#known.values()].filter(isAlive);
    const areGone = (): boolean => living().length === 0;
    if (await until(areGone, graceMs)) return [];
    await until(() => {
      for (const worker of living()) killFamily(worker);
      return areGone();
    }, killLimitMs);
    return living().map(({ pid }) => pid);
  }
}
