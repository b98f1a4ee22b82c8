import { promisify } from 'node:util';
import type { ProcessIdentity } from '../process/os/process-identity';
import { lostParent, watchParents } from '../process/watch/lost-parents';
import { watchSignals, type SignalWatch } from '../process/watch/signal-watch';
import { watchTerminal } from './terminal';

const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
type HandledSignal = keyof typeof exitCodes;

// npm passes on a Ctrl-C that Jest has got from the terminal already: the echo is no second signal.
const echoMs = 300;

// A signal that came while JavaScript was busy is heard when the event loop turns, and lost if its handler is
// removed before. Jest may get from the death of its workers, which the same Ctrl-C has ended, to the end of
// the run in a single turn.
export const heardSignals = promisify(setImmediate);

/** What the signals ask a session to do. */
export interface SignalTargets {
  /** Tears everything down; called once. */
  close(): Promise<unknown>;
  /** Ends everything without any grace, also while a teardown is under way. */
  kill(): Promise<unknown>;
  /** Prints a line for the user who interrupted the run. */
  say(text: string): void;
}

/**
 * The first SIGINT, SIGTERM or SIGHUP tears the session down and ends this process with 130, 143 or 129; a
 * second one kills everything at once. Jest itself handles no signal, so the handler alone decides when the
 * process ends; if it is so blocked that it hears none, it is killed. A terminal that is closed is a SIGHUP,
 * whatever is noticed of it; so is the end of one of `parents`, unless the teardown is under way.
 *
 * @returns how to remove the handlers, which stay once a signal has come; whether one has; and how to name the
 *   session's files.
 */
export function handleSignals(
  targets: SignalTargets,
  parents: readonly ProcessIdentity[] = [],
): Pick<SignalWatch, 'protect'> & {
  remove(): Promise<void>;
  readonly hasCome: boolean;
} {
  let first: { at: number } | undefined;
  const terminal = watchTerminal(
    () => onSignal('SIGHUP'),
    () => first !== undefined,
  );
  const end = async (signal: HandledSignal): Promise<void> => {
    if (!terminal.isClosed) process.exit(exitCodes[signal]);
    // Its thread catches the signal too.
    await watch.stop();
    // Node 20 ends itself by SIGABRT at its exit, because it cannot restore the modes of a closed terminal.
    process.emit('exit', exitCodes[signal]);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  };
  const onSignal = (signal: HandledSignal, why: string = signal): void => {
    if (first === undefined) {
      first = { at: performance.now() };
      targets.say(`jest-model-provider: ${why}, stopping all resources (again to kill them at once)`);
      void targets.close().finally(() => end(signal));
    } else if (performance.now() - first.at > echoMs) {
      void targets.kill().finally(() => end(signal));
    }
  };
  const signals = Object.keys(exitCodes) as HandledSignal[];
  const onEach = (signal: HandledSignal): void => onSignal(signal);
  for (const signal of signals) process.on(signal, onEach);
  const watch = watchSignals(signals, echoMs, parents);
  // A signal to the whole process group ends them too.
  const forgetParents = watchParents(parents, () => {
    if (first === undefined) onSignal('SIGHUP', lostParent);
  });
  return {
    protect: (files) => watch.protect(files),
    remove: async () => {
      if (first === undefined) await watch.stop();
      await heardSignals();
      if (first !== undefined) return;
      for (const signal of signals) process.removeListener(signal, onEach);
      terminal.remove();
      forgetParents();
    },
    get hasCome() {
      return first !== undefined;
    },
  };
}
