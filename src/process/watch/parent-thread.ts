import { workerData } from 'node:worker_threads';
import { endBlockedProcess } from './end-blocked-process';
import type { ParentThreadData } from './parent-watch';

// A thread of a worker process of Jest. The main thread ends the process when the session's socket closes; if
// it is blocked, this thread does.

const lookMs = 500;
const { parent } = workerData as ParentThreadData;
let looksWithoutParent = 0;

const looking = setInterval(() => {
  if (process.ppid === parent) return;
  looksWithoutParent += 1;
  // One that is not blocked has ended itself by now.
  if (looksWithoutParent < 2) return;
  clearInterval(looking);
  void endBlockedProcess();
}, lookMs);
