import type { Interval } from '../statistics/interval';

/**
 * What went wrong with a sample: the model's side, its time limit, the judgement, or the code of the
 * evaluation.
 */
export type ErrorKind = 'infrastructure' | 'timeout' | 'scorer' | 'user';

/** One score over all samples of an evaluation, their trials reduced. */
export interface ScoreSummary {
  readonly name: string;
  /** Samples that have a value. */
  readonly count: number;
  /** Samples to which it does not apply. */
  readonly notApplicable: number;
  /** Samples that ended without an error and without this score; absent if there are none. */
  readonly missing?: number;
  /** Mean of the values, true being 1; null if there are none. Samples with an error are left out. */
  readonly mean: number | null;
  /** Of the mean. Absent if there are fewer than two values. */
  readonly standardError?: number;
  /** The 95 % interval of the mean. Absent if there is no value, or nothing is known of the spread. */
  readonly interval?: Interval;
  /** Whether the values are right and wrong: all are true, false, 1 or 0, and no scorer says otherwise. */
  readonly isBinary: boolean;
  /**
   * What is other if the values are taken as measures, for reports in which another model of the evaluation has
   * values between. Absent for measures.
   */
  readonly asReal?: Pick<ScoreSummary, 'interval' | 'withErrors'>;
  /** The same with every errored sample counted as 0. Absent without errors. */
  readonly withErrors?: { readonly mean: number; readonly interval?: Interval };
}

/** Milliseconds. */
export interface Quantiles {
  readonly p50: number;
  readonly p95: number;
}

/** The calls of one resource. */
export interface CallsSummary {
  /** Those that were answered; all but `failed`, `replayed`, tokens and cost are of these alone. */
  readonly calls: number;
  /** Those without an answer; absent if there are none. */
  readonly failed?: number;
  /** Those that asked the endpoint for another model; absent if there are none. */
  readonly otherModels?: number;
  /** Null if there are none. */
  readonly latencyMs: Quantiles | null;
  /** Those whose answers, be they errors, are recorded ones, which took no time; absent if there are none. */
  readonly replayed?: number;
  /** From sending a request to the first piece of a streamed answer; absent if none was streamed. */
  readonly firstTokenMs?: Quantiles;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Those of the prompts that the server had read before; absent if it says of none. */
  readonly cachedTokens?: number;
  /** Absent without calls, and in logs from before there were prices. */
  readonly cost?: CostSummary;
  /** Completion tokens per second, over all calls whose tokens are known; null if there are none. */
  readonly tokensPerSecond: number | null;
}

/** What calls have cost, in the currency of the prices. */
export interface CostSummary {
  /** Of the calls whose cost is known. */
  readonly amount: number;
  /** Calls whose cost is known, by a price; absent without any, as the two that follow. */
  readonly priced?: number;
  /** Calls that a server of the user's own has answered, whose time has no price. */
  readonly ownMachine?: number;
  /** Calls whose cost is not known. */
  readonly unpriced?: number;
  /** What the replayed calls, which have cost nothing, would cost; absent without any of a known price. */
  readonly wouldBe?: number;
}

/** What the calls of a whole evaluation have cost, those of tries that were repeated included. */
export interface Spent {
  /** In this invocation. */
  readonly now: number;
  /** With the invocations that it goes on with. */
  readonly total: number;
}

/** A budget that was spent before all samples had run. */
export interface SpentBudget {
  readonly of: 'run' | 'evaluation';
  readonly maxCost: number;
  readonly spent: number;
}

/** Samples of which a trial had such an answer of the model. One answer may count twice, as cut and empty. */
export interface AnswerSummary {
  /** At the limit of tokens. */
  readonly cut: number;
  /** By a filter of contents. */
  readonly filtered: number;
  /** By the model itself. */
  readonly refused: number;
  /** Neither a text nor a call of a tool. */
  readonly empty: number;
}

/** What one evaluation found. */
export interface EvalSummary {
  /** Samples that ended, those with errors included. */
  readonly samples: number;
  readonly trials: number;
  /** Samples of which a trial ended in an error. */
  readonly errors: number;
  /** Trials that ended in an error, by kind. */
  readonly errorKinds: Partial<Readonly<Record<ErrorKind, number>>>;
  /** Trials that never ran, because the run was interrupted or the resource lost. */
  readonly notRun: number;
  /** Trials taken over from an earlier run of the same name. */
  readonly reused: number;
  /** How often a trial was tried again after an infrastructure error. */
  readonly retries: number;
  readonly restarts: number;
  readonly scores: readonly ScoreSummary[];
  readonly durationMs: Quantiles | null;
  /** Of the model's calls; null if no client reported any. */
  readonly latencyMs: Quantiles | null;
  /** Of the model's calls, as the four that follow; see {@link CallsSummary}. */
  readonly firstTokenMs?: Quantiles;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens?: number;
  readonly cost?: CostSummary;
  /** The model's calls without an answer; absent if there are none. */
  readonly failed?: number;
  /** The model's calls whose answers, be they errors, are recorded ones; absent if there are none. */
  readonly replayed?: number;
  /** Trials whose answers `rescore` judged again, and are recorded ones; absent if there are none. */
  readonly replayedAnswers?: number;
  /** The calls to its endpoint that asked for another model; absent if there are none. */
  readonly otherModels?: number;
  /**
   * What the model's calls of a trial cost, over the samples without an error whose cost is known; absent if
   * nothing has a price.
   */
  readonly costPerSample?: Pick<ScoreSummary, 'count' | 'standardError' | 'interval'> & {
    readonly mean: number;
  };
  /** Absent in logs from before there were prices. */
  readonly spent?: Spent;
  /** The budget that has ended the evaluation; absent if none has. */
  readonly budget?: SpentBudget;
  /** Completion tokens per second, over all of the model's calls whose tokens are known. */
  readonly tokensPerSecond: number | null;
  /** How the model's answers ended; absent if no client reported a call, and in logs of schema 1. */
  readonly answers?: AnswerSummary;
  /** The calls of other resources, such as a judge's, by their labels; absent without any. */
  readonly others?: Readonly<Record<string, CallsSummary>>;
  /** The calls of applications of which it is not known for which sample they were made; absent without any. */
  readonly unattributed?: CallsSummary;
}
