const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
type HandledSignal = keyof typeof exitCodes;

// npm passes on a Ctrl-C that Jest has got from the terminal already: the echo is no second signal.
const echoMs = 300;

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
 * process ends.
 *
 * @returns how to remove the handlers, and whether a signal has come.
 */
export function handleSignals(targets: SignalTargets): { remove(): void; readonly hasCome: boolean } {
  let first: { at: number } | undefined;
  const onSignal = (signal: HandledSignal): void => {
    if (first === undefined) {
      first = { at: performance.now() };
      targets.say(`jest-model-provider: ${signal}, stopping all resources (again to kill them at once)`);
      void targets.close().finally(() => process.exit(exitCodes[signal]));
    } else if (performance.now() - first.at > echoMs) {
      void targets.kill().finally(() => process.exit(exitCodes[signal]));
    }
  };
  const signals = Object.keys(exitCodes) as HandledSignal[];
  for (const signal of signals) process.on(signal, onSignal);
  return {
    remove: () => {
      for (const signal of signals) process.removeListener(signal, onSignal);
    },
    get hasCome() {
      return first !== undefined;
    },
  };
}
