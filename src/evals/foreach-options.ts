import { maxTimerMs } from '../pattern/constraints';
import { ModelProviderError } from '../pattern/errors';
import { requireSelection, type Selection } from './data-sets/selection';
import { checkGate } from './statistics/check-gate';
import type { Gate } from './statistics/gate';
import type { EstimateOptions } from './statistics/estimate';
import type { TrialReducer } from './statistics/trials';

/** Options of {@link foreach}. */
export interface ForeachOptions<Row = unknown> extends Selection<Row> {
  /** The test's title; by default it names the columns, and the file of the data set. */
  readonly title?: string;
  /** Samples in flight at once; by default as many as the model's server answers at once, 4 without a model. */
  readonly concurrency?: number;
  /** How often each sample is run; 1 by default. Each sample's trials are reduced to one value before anything is computed. */
  readonly trials?: number;
  /** How the trials of a score are reduced, by its name, such as `{ exactMatch: passAt(3) }`; the mean by default. */
  readonly reduce?: Readonly<Record<string, TrialReducer>>;
  /** Milliseconds one try of a sample may take; 60,000 by default. */
  readonly timeoutMs?: number;
  /** How often a sample is tried again after an infrastructure error that may pass, such as 429 or a broken connection; 2 by default. */
  readonly retries?: number;
  /** What happens when a server of the blocks around it dies: the run stops, by default, or what died is started again, once. */
  readonly onLost?: 'stop' | 'restartOnce';
  /** What is demanded; by default `{ maxErrors: 0, minSamples: 1 }`. */
  readonly gate?: Gate;
  /** How means and intervals are found. */
  readonly statistics?: EstimateOptions;
}

/** Options, checked, with the defaults that need no model. */
export type CheckedOptions = ForeachOptions<never> &
  Required<Pick<ForeachOptions, 'trials' | 'timeoutMs' | 'retries' | 'onLost' | 'gate'>>;

/**
 * Checks the options of an evaluation.
 *
 * @throws ModelProviderError `EVAL_INVALID` naming option, value and fix.
 */
export function checkOptions(options: ForeachOptions<never>): CheckedOptions {
  const { trials = 1, timeoutMs = 60_000, retries = 2, onLost = 'stop', gate = {}, concurrency } = options;
  requireWhole('trials', trials, 1);
  requireWhole('timeoutMs', timeoutMs, 1);
  requireWhole('retries', retries, 0);
  if (concurrency !== undefined) requireWhole('concurrency', concurrency, 1);
  if (!['stop', 'restartOnce'].includes(onLost))
    throw invalid(`onLost is ${JSON.stringify(onLost)}; it must be 'stop' or 'restartOnce'`);
  requireSelection(options);
  checkGate(gate);
  return { ...options, trials, timeoutMs, retries, onLost, gate };
}

function requireWhole(option: string, value: unknown, least: number): void {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= maxTimerMs) return;
  throw invalid(`${option} is ${String(value)}; it must be a whole number of at least ${least}`);
}

function invalid(what: string): ModelProviderError {
  return new ModelProviderError('EVAL_INVALID', `foreach(): ${what}.`);
}
