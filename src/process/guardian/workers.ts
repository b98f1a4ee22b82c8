import { until } from '../../base/until';
import type { LedgerEntry } from '../ledger/ledger-entry';
import { directoryName } from '../ledger/session-directory';
import { killLimitMs } from '../os/process-group';
import { killFamily } from '../os/process-family';
import { isAlive, type ProcessIdentity } from '../os/process-identity';
import { environmentOf, processTable } from '../os/process-table';

/** The worker processes of Jest that have named themselves to a session. */
export function notedWorkers(entries: readonly LedgerEntry[]): ProcessIdentity[] {
  return entries.flatMap((entry) => (entry.type === 'worker' ? [entry.worker] : []));
}

/**
 * SIGKILLs the worker processes of a session that is over: those that are blocked or stopped have not ended
 * themselves.
 *
 * @param noted those that have named themselves. On Linux those that had not come to that are found too.
 * @returns those that were found, and those that are still there.
 */
export async function killWorkers(
  session: string,
  noted: readonly ProcessIdentity[],
): Promise<{ readonly found: readonly number[]; readonly survivors: readonly number[] }> {
  const found = new Set<number>();
  let living: ProcessIdentity[] = [];
  // Repeated, because Jest may start another one meanwhile.
  await until(() => {
    living = [...noted.filter(isAlive), ...markedWorkers(session)];
    for (const worker of living) {
      found.add(worker.pid);
      killFamily(worker);
    }
    return living.length === 0;
  }, killLimitMs);
  return { found: [...found], survivors: living.map(({ pid }) => pid) };
}

/**
 * The processes that were forked with the address of the session in their environment and the number of a
 * worker of Jest. Only Linux shows environments.
 */
function markedWorkers(session: string): ProcessIdentity[] {
  const directory = directoryName(session);
  return processTable().filter(({ pid, isZombie }) => {
    if (isZombie || pid === process.pid) return false;
    const environment = environmentOf(pid) ?? [];
    const has = (name: string): boolean => environment.some((variable) => variable.startsWith(`${name}=`));
    return (
      has('JEST_WORKER_ID') &&
      has('NODE_CHANNEL_FD') &&
      environment.some((variable) => variable.includes(directory))
    );
  });
}
