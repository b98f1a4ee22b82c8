/** How a session ended. */
export interface CloseReport {
  readonly stopped: number;
  readonly closeMs: number;
  /** Every teardown that failed. */
  readonly failures: readonly Error[];
  /** Processes that could not be ended. */
  readonly leftBehind: readonly string[];
  /** What resources left on purpose, in words. */
  readonly kept: readonly string[];
}

/** The lines that a person reads at the end of a session. */
export function describeClose({ stopped, closeMs, leftBehind, kept }: CloseReport): string {
  const resources = stopped === 1 ? '1 resource' : `${stopped} resources`;
  return [
    `jest-model-provider: stopped ${resources} in ${closeMs} ms; left behind: ${leftBehind.join(', ') || 'nothing'}`,
    ...kept.map((message) => `jest-model-provider: kept ${message}`),
  ].join('\n');
}
