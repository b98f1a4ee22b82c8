import { ancestorsInGroup } from '../process/os/ancestors';
import { isAlive } from '../process/os/process-identity';

const everyMs = 1000;

/**
 * Calls `onLost` once, within a second after one of the processes that started this one has ended.
 *
 * @returns how to end the watch.
 */
export function watchParents(onLost: () => void): () => void {
  const parents = ancestorsInGroup();
  const timer = setInterval(() => {
    if (parents.every(isAlive)) return;
    clearInterval(timer);
    onLost();
  }, everyMs).unref();
  return () => clearInterval(timer);
}
