import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { startWatchingThread } from './watching-thread';

/** What the thread is given at its start. */
export interface ParentThreadData {
  readonly parent: number;
}

let isWatched = false;

/**
 * Makes this process end when its parent does, also while its main thread is blocked. Repeated calls do
 * nothing.
 */
export function endWithParent(): void {
  if (isWatched || !isMainThread) return;
  isWatched = true;
  startWatchingThread(join(__dirname, 'parent-thread.js'), {
    workerData: { parent: process.ppid } satisfies ParentThreadData,
  });
}
