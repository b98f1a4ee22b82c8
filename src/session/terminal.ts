import { isatty } from 'node:tty';

/** The terminal of this process, which its user may close. */
export interface Terminal {
  /** Whether it was closed, so that nothing can be written to it or set in it any more. */
  readonly isClosed: boolean;
  /** Ends the watch. */
  remove(): void;
}

/**
 * Watches the standard streams of this process. What is written to a closed terminal fails, maybe before the
 * signal of its end is heard: `onClosed` is called then. Once `isEnding` says so, nothing that is written may
 * fail, to a pipe that nobody reads neither: the teardown goes on without readers.
 */
export function watchTerminal(onClosed: () => void, isEnding: () => boolean): Terminal {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  const watches = [process.stdout, process.stderr].map((stream) => {
    const onError = (error: Error): void => {
      if (isEnding()) return;
      if (stream.isTTY) onClosed();
      // As if this listener were not there.
      else if (stream.listenerCount('error') === 1) throw error;
    };
    stream.on('error', onError);
    return () => stream.removeListener('error', onError);
  });
  return {
    // A closed one does not answer as a terminal.
    get isClosed() {
      return terminals.some((fd) => !isatty(fd));
    },
    remove: () => {
      for (const remove of watches) remove();
    },
  };
}
