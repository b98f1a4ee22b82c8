import { cut } from '../../base/cut';
import { messageWithCauses } from '../../base/errors';
import { printable } from '../../base/printable';
import { hopelessness, hopelessCall, longerThan, sameness } from './error-kind';
import type { CheckedOptions } from './foreach-options';
import type { TrialOutcome } from './run-trial';

/** Why an evaluation stops before its end. */
export interface Stop {
  /** The server's words, and what they mean. */
  readonly reason: string;
  /** Whether the trial that says so says nothing about its sample, and runs again when the run is continued. */
  readonly isVoid: boolean;
}

const longestWords = 2000;

/** Sees when it makes no sense to go on: what would be asked next would fail as well. */
export class StopRule {
  readonly #options: Pick<CheckedOptions, 'maxWaitMs' | 'stopAfterEqualErrors'>;
  readonly #endpoints: () => readonly string[];
  #hasAnswered = false;
  #row = { of: '', length: 0 };

  /** @param endpoints the base URLs of the leased endpoints. */
  constructor(
    options: Pick<CheckedOptions, 'maxWaitMs' | 'stopAfterEqualErrors'>,
    endpoints: () => readonly string[],
  ) {
    this.#options = options;
    this.#endpoints = endpoints;
  }

  /** A trial has ended without an error. */
  passed(): void {
    this.#hasAnswered = true;
    this.#row.length = 0;
  }

  /** Why the evaluation has to stop, after a trial that has ended in an error; undefined if it need not. */
  failed({ record, cause, hasGivenUp }: TrialOutcome): Stop | undefined {
    const { maxWaitMs, stopAfterEqualErrors } = this.#options;
    const calls = record.calls ?? [];
    this.#hasAnswered ||= calls.some((call) => call.error === undefined);
    const hasAnswered = this.#hasAnswered;
    const last = calls.at(-1);
    const words = cut(printable(messageWithCauses(cause).split('\n')[0] ?? ''), longestWords);
    const why =
      hopelessness(cause, this.#endpoints(), { maxWaitMs, hasAnswered }) ??
      // Whatever an application makes of it.
      (last?.error === undefined ? undefined : hopelessCall(last, hasAnswered));
    if (why !== undefined) return { reason: `${words}\n${why}`, isVoid: true };
    if (hasGivenUp === true)
      return {
        reason: `${words}\nIt has answered nothing but 429 for ${longerThan(maxWaitMs)}.`,
        isVoid: true,
      };
    if (record.error?.kind !== 'infrastructure') {
      this.#row.length = 0;
      return undefined;
    }
    const of = sameness(cause);
    this.#row = { of, length: of === this.#row.of ? this.#row.length + 1 : 1 };
    if (this.#row.length < stopAfterEqualErrors) return undefined;
    return {
      reason: `${words}\nThese were ${this.#row.length} equal infrastructure errors in a row (stopAfterEqualErrors). EVALS_RERUN=errors runs them again.`,
      isVoid: false,
    };
  }
}
