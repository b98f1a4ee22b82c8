import { until } from '../../base/until';
import { killWorkers } from '../../process/guardian/workers';
import { isAlive, type ProcessIdentity } from '../../process/os/process-identity';
import type { SessionFiles } from './session-files';

// A worker ends itself when its socket closes, unless it is blocked or stopped.
const politeMs = 500;

/** The worker processes of a run. */
export class WorkerProcesses {
  readonly #files: Pick<SessionFiles, 'session' | 'noteWorker'>;
  readonly #known = new Map<number, ProcessIdentity>();

  constructor(files: Pick<SessionFiles, 'session' | 'noteWorker'>) {
    this.#files = files;
  }

  /** Adds the worker if there is such a process; it names itself for each of its files. */
  add({ pid, startTime }: ProcessIdentity): void {
    const worker = { pid, startTime };
    if (!Number.isInteger(pid) || pid <= 1 || pid === process.pid) return;
    if (this.#known.get(pid)?.startTime === startTime || !isAlive(worker)) return;
    this.#known.set(pid, worker);
    this.#files.noteWorker(worker);
  }

  /**
   * SIGKILLs those that do not end by themselves; call it when their sockets are closed. Resolves to the
   * numbers of those that are still there.
   */
  async end(graceMs = politeMs): Promise<readonly number[]> {
    const known = [...this.#known.values()];
    await until(() => !known.some(isAlive), graceMs);
    return (await killWorkers(this.#files.session, known)).survivors;
  }
}
