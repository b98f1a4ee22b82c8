import { maxTimerMs } from '../../pattern/constraints';
import { transcriptModes, type TranscriptMode } from '../../pattern/eval-run';
import { usualMaxWaitMs } from '../../pattern/model-calls';
import { messageOf, ModelProviderError } from '../../base/errors';
import { showValue } from '../../base/json';
import { requireSelection, type Selection } from '../data-sets/selection';
import { checkGate } from '../statistics/check-gate';
import type { Gate } from '../statistics/gate';
import { requireEstimateOptions, type EstimateOptions } from '../statistics/estimate';
import { kindOf } from '../../base/kind-of';
import { requireKnown } from '../../base/require-known';
import type { TrialReducer } from '../statistics/trials';

/** Options of {@link foreach}. */
export interface ForeachOptions<Row = unknown> extends Selection<Row> {
  /** The test's title; by default it names the columns, and the file of the data set. */
  readonly title?: string;
  /**
   * Samples in flight at once; by default as many as the model's server answers at once, 4 without a model.
   */
  readonly concurrency?: number;
  /**
   * How often each sample is run; 1 by default. Each sample's trials are reduced to one value before anything
   * is computed.
   */
  readonly trials?: number;
  /**
   * How the trials of a score are reduced, by its name, such as `{ exactMatch: passAt(3) }`; the mean by
   * default.
   */
  readonly reduce?: Readonly<Record<string, TrialReducer>>;
  /** Milliseconds one try of a sample may take; 60,000 by default. */
  readonly timeoutMs?: number;
  /**
   * Milliseconds that a call of a model may wait for an endpoint that has too many requests (429); 300,000 by
   * default. That time does not count for `timeoutMs`. An endpoint that wants a longer wait stops the
   * evaluation, and the rest is not run.
   */
  readonly maxWaitMs?: number;
  /** After how many equal infrastructure errors in a row the evaluation stops; 20 by default. */
  readonly stopAfterEqualErrors?: number;
  /**
   * How often a sample is tried again after an infrastructure error that may pass, such as 429 or a broken
   * connection; 2 by default.
   */
  readonly retries?: number;
  /**
   * What happens when a server of the blocks around it dies: the run stops, by default, or what died is
   * started again, once.
   */
  readonly onLost?: 'stop' | 'restartOnce';
  /**
   * Of which trials it is kept what was said in their calls, beside the log: `'all'`, the default; `'failed'`, those
   * that `EVALS_RERUN=failed` would run again; `'none'`. `EVALS_TRANSCRIPTS` takes its place.
   */
  readonly transcripts?: TranscriptMode;
  /**
   * What the calls of this evaluation may cost, in the currency of the prices: no sample starts once that is
   * spent, and the test fails with `BUDGET_SPENT`. No limit by default. `EVALS_MAX_COST` takes its place.
   */
  readonly maxCost?: number;
  /** What is demanded; by default `{ maxErrors: 0, minSamples: 1 }`. */
  readonly gate?: Gate;
  /** How means and intervals are found. The range of a score is said by its scorer. */
  readonly statistics?: Omit<EstimateOptions, 'range'>;
}

/** Options, checked, with the defaults that need no model. */
export type CheckedOptions = ForeachOptions<never> &
  Required<
    Pick<
      ForeachOptions,
      ('trials' | 'timeoutMs' | 'maxWaitMs' | 'stopAfterEqualErrors' | 'retries') | ('onLost' | 'gate')
    >
  >;

// The compiler wants all of them here.
const names = Object.keys({
  title: 0,
  concurrency: 0,
  trials: 0,
  reduce: 0,
  timeoutMs: 0,
  maxWaitMs: 0,
  stopAfterEqualErrors: 0,
  retries: 0,
  onLost: 0,
  transcripts: 0,
  maxCost: 0,
  gate: 0,
  statistics: 0,
  samples: 0,
  shuffle: 0,
  filter: 0,
  id: 0,
  cluster: 0,
} satisfies Record<keyof ForeachOptions, 0>);

/**
 * Checks the options of an evaluation, before anything is asked: what is wrong must not be found out at the
 * end of a long run.
 *
 * @param known the options that there are; all of them by default.
 * @param trials how many trials there will be of each sample.
 * @throws ModelProviderError `EVAL_INVALID` naming option, value and fix.
 */
export function checkOptions(
  caller: string,
  options: ForeachOptions<never>,
  known: readonly string[] = names,
  trials = (options as ForeachOptions<never> | null)?.trials ?? 1,
): CheckedOptions {
  try {
    requireObject(options);
    requireKnown(options, known);
    const { title, timeoutMs = 60_000, retries = 2, onLost = 'stop', gate = {} } = options;
    const { maxWaitMs = usualMaxWaitMs, stopAfterEqualErrors = 20, transcripts = 'all' } = options;
    if (title !== undefined && (typeof title !== 'string' || title.trim() === ''))
      throw new TypeError(`title is ${showValue(title)}; it must be a text that is not empty`);
    requireWhole('trials', trials, 1);
    requireWhole('timeoutMs', timeoutMs, 1);
    requireWhole('maxWaitMs', maxWaitMs, 0);
    requireWhole('stopAfterEqualErrors', stopAfterEqualErrors, 1);
    requireWhole('retries', retries, 0);
    requireMaxCost(options.maxCost);
    if (options.concurrency !== undefined) requireWhole('concurrency', options.concurrency, 1);
    if (!['stop', 'restartOnce'].includes(onLost))
      throw new TypeError(`onLost is ${showValue(onLost)}; it must be 'stop' or 'restartOnce'`);
    if (!transcriptModes.includes(transcripts))
      throw new TypeError(`transcripts is ${showValue(transcripts)}; it must be 'all', 'failed' or 'none'`);
    requireReducers(options.reduce, trials);
    requireStatistics(options);
    requireSelection(options);
    requireGate(caller, gate);
    const limits = { trials, timeoutMs, maxWaitMs, stopAfterEqualErrors, retries };
    return { ...options, ...limits, onLost, gate };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ModelProviderError('EVAL_INVALID', `${caller}: ${error.message}.`);
  }
}

function requireObject(options: unknown): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new TypeError(
      `the options are ${kindOf(options)}; they must be an object, such as { timeoutMs: 5000 }`,
    );
}

function requireGate(caller: string, gate: Gate): void {
  try {
    checkGate(gate);
  } catch (error) {
    throw new ModelProviderError('EVAL_INVALID', `${caller}: ${messageOf(error)}`, { cause: error });
  }
}

function requireWhole(option: string, value: unknown, least: number): void {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= maxTimerMs) return;
  throw new TypeError(`${option} is ${showValue(value)}; it must be a whole number of at least ${least}`);
}

function requireMaxCost(maxCost: unknown): void {
  if (maxCost === undefined || (Number.isFinite(maxCost) && (maxCost as number) > 0)) return;
  throw new TypeError(
    `maxCost is ${showValue(maxCost)}; it must be a number above 0, in the currency of the prices`,
  );
}

function requireReducers(reduce: ForeachOptions['reduce'], trials: number): void {
  if (reduce === undefined) return;
  if (typeof reduce !== 'object' || (reduce as unknown) === null)
    throw new TypeError(`reduce is ${showValue(reduce)}; write { exactMatch: passAt(3) }`);
  for (const [score, reducer] of Object.entries(reduce)) {
    if (typeof reducer !== 'function')
      throw new TypeError(
        `reduce.${score} is ${showValue(reducer)}; it must be a function of the trials of a sample, such as passAt(3)`,
      );
    const { leastTrials = 1 } = reducer;
    if (leastTrials > trials)
      throw new TypeError(
        `reduce.${score} needs ${leastTrials} trials of each sample, and trials is ${trials}; set trials to ${leastTrials} or more`,
      );
  }
}

function requireStatistics({ statistics, cluster }: ForeachOptions<never>): void {
  if (statistics === undefined) return;
  requireEstimateOptions('statistics', statistics);
  if ('range' in statistics)
    throw new TypeError(
      'statistics.range: each score has its own; write defineScorer(name, judge, { range: [0, 5] })',
    );
  if (statistics.method === 'bootstrap' && cluster !== undefined)
    throw new TypeError('the bootstrap does not know clusters; leave statistics.method out, or cluster');
}
