/** How a session ended. */
export interface CloseReport {
  readonly stopped: number;
  readonly closeMs: number;
  /** Every teardown that failed. */
  readonly failures: readonly Error[];
  /** Processes that could not be ended. */
  readonly leftBehind: readonly string[];
}

/** The line that a person reads at the end of a session. */
export function describeClose({ stopped, closeMs, leftBehind }: CloseReport): string {
  const resources = stopped === 1 ? '1 resource' : `${stopped} resources`;
  return `jest-model-provider: stopped ${resources} in ${closeMs} ms; left behind: ${leftBehind.join(', ') || 'nothing'}`;
}
