import { until } from '../../base/until';
import { readSession } from '../ledger/known-sessions';
import type { Ledger } from '../ledger/ledger';
import { killFamily } from '../os/process-family';
import { isAlive, type ProcessIdentity } from '../os/process-identity';

// The lifeline closes a moment before its process is dead.
const ownerMs = 1000;
const killLimitMs = 10_000;

/**
 * SIGKILLs the worker processes of a session whose main process is gone: those that are blocked or stopped
 * have not ended themselves.
 *
 * @returns those that were found, and those that are still there.
 */
export async function killOrphanedWorkers(
  ledger: Ledger,
): Promise<{ readonly found: readonly number[]; readonly survivors: readonly number[] }> {
  const known = readSession(ledger);
  const workers = (known?.entries ?? []).flatMap((entry) => (entry.type === 'worker' ? [entry.worker] : []));
  const living = (): ProcessIdentity[] => workers.filter(isAlive);
  const none = { found: [], survivors: [] };
  if (known?.isOfThisBoot !== true) return none;
  const { owner } = known.session;
  await until(() => living().length === 0 || !isAlive(owner), ownerMs);
  if (isAlive(owner)) return none;
  const found = living().map(({ pid }) => pid);
  await until(() => {
    for (const worker of living()) killFamily(worker);
    return living().length === 0;
  }, killLimitMs);
  return { found, survivors: living().map(({ pid }) => pid) };
}
