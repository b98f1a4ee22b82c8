import type { SerializedError } from '../pattern/errors';

/** How the command line tells a new supervisor what to be: its only argument, as JSON. */
export interface SupervisorOptions {
  /** A Jest configuration file or its folder. */
  readonly config: string | undefined;
}

/** What a new supervisor sends once to whoever started it: nothing if it listens, or why it does not. */
export interface LaunchOutcome {
  readonly error: SerializedError | null;
}
