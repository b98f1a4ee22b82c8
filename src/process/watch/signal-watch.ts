import { constants } from 'node:os';
import { join } from 'node:path';
import type { GuardianOptions } from '../guardian/guardian-protocol';
import type { ProcessIdentity } from '../os/process-identity';
import { startWatchingThread } from './watching-thread';

/** What the thread is given at its start. */
export interface SignalThreadData {
  /** The numbers of the signals, by name. */
  readonly signals: Readonly<Record<string, number>>;
  /** A signal that follows the first within so many milliseconds is its echo. */
  readonly echoMs: number;
  /** When one of them ends, that is a first signal. */
  readonly parents: readonly ProcessIdentity[];
}

/** A question of the thread, to be answered by its number, or the end of the watch. */
export type FromSignalThread = number | 'stopped';
/** An answer, the files of the session, or the end of the watch. */
export type ToSignalThread = number | GuardianOptions | 'stop';

/** A watch over the main thread of this process. */
export interface SignalWatch {
  /** Names the files that are removed if this process is killed before it has a guardian. */
  protect(files: GuardianOptions): void;
  /**
   * Ends the watch. What comes before it resolves is lost unless the handlers of the signals are still there.
   */
  stop(): Promise<void>;
}

/**
 * Watches whether this process hears its signals, from a thread beside its main thread: a thread that is
 * blocked runs no handler. It is killed with SIGKILL if it has not heard the first signal within 3.5 s, or a
 * later one within 1 s, or if its teardown blocks it for a minute. When one of `parents` ends, this process has to
 * notice that as it does a first signal. Its guardian and its workers do the rest.
 * The watch does not keep this process from ending.
 */
export function watchSignals(
  names: readonly NodeJS.Signals[],
  echoMs: number,
  parents: readonly ProcessIdentity[],
): SignalWatch {
  const signals = Object.fromEntries(names.map((name) => [name, constants.signals[name]]));
  const thread = startWatchingThread(join(__dirname, 'signal-thread.js'), {
    workerData: { signals, echoMs, parents } satisfies SignalThreadData,
    execArgv: ['--expose-internals'],
  });
  const tell = (message: ToSignalThread): void => thread.postMessage(message);
  const stopped = new Promise<void>((resolve) => {
    thread.on('message', (message: FromSignalThread) => {
      if (message === 'stopped') resolve();
      else tell(message);
    });
    thread.once('exit', () => resolve());
  });
  thread.unref();
  const stop = (): Promise<void> => {
    // Else this process could end before the answer.
    thread.ref();
    tell('stop');
    return stopped;
  };
  return { protect: tell, stop };
}
