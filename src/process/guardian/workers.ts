import { readdirSync, readFileSync } from 'node:fs';
import { until } from '../../base/until';
import type { LedgerEntry } from '../ledger/ledger-entry';
import { directoryName } from '../ledger/session-directory';
import { killFamily } from '../os/process-family';
import { isAlive, processEntry, type ProcessIdentity } from '../os/process-identity';

const killLimitMs = 10_000;

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
  if (process.platform !== 'linux') return [];
  const marks = ['JEST_WORKER_ID=', 'NODE_CHANNEL_FD=', directoryName(session)];
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    const environment = Number.isInteger(pid) && pid !== process.pid ? environmentOf(pid) : '';
    if (!marks.every((mark) => environment.includes(mark))) return [];
    const entry = processEntry(pid);
    return entry === undefined || entry.isZombie ? [] : [entry];
  });
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    // It is gone, or another user's.
    return '';
  }
}
