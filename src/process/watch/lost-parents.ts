import { isAlive, type ProcessIdentity } from '../os/process-identity';

/** What has happened then, in words. */
export const lostParent = 'the process that started this run is gone';

const everyMs = 1000;

/**
 * Calls `onLost` once, within a second after one of `parents` has ended.
 *
 * @returns how to end the watch.
 */
export function watchParents(parents: readonly ProcessIdentity[], onLost: () => void): () => void {
  if (parents.length === 0) return () => undefined;
  const timer = setInterval(() => {
    if (parents.every(isAlive)) return;
    clearInterval(timer);
    onLost();
  }, everyMs).unref();
  return () => clearInterval(timer);
}
