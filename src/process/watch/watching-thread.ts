import { Worker, type WorkerOptions } from 'node:worker_threads';
import { plugAndPlayArguments } from '../os/plug-n-play';

/**
 * Starts a thread that runs beside a main thread that may be blocked, and does not keep the process from
 * ending. What the user preloads into each process by NODE_OPTIONS or --require is not loaded into it.
 */
export function startWatchingThread(
  file: string,
  { execArgv = [], ...options }: Pick<WorkerOptions, 'execArgv' | 'workerData'>,
): Worker {
  const { PATH } = process.env;
  const thread = new Worker(file, {
    ...options,
    execArgv: [...execArgv, ...plugAndPlayArguments(), '--no-warnings'],
    env: PATH === undefined ? {} : { PATH },
  });
  // Without it a blocked process cannot be stopped; everything else works.
  thread.on('error', () => undefined);
  thread.unref();
  return thread;
}
