import type { Json } from '../../base/json';
import type { EvalRun } from '../../pattern/eval-run';
import type { CallFacts } from '../../pattern/model-calls';
import type { Prices } from '../../pattern/prices';
import type { SessionLease } from '../../pattern/session-client';
import type { Score } from '../scorers/result';
import type { GateVerdict } from '../statistics/gate';
import type { ErrorKind, EvalSummary } from './eval-summary';

/** The version of the lines below. Later fields are optional, so that it stays. */
export const logSchema = 2;

/** What the answers of a resource depend on, known without starting it. */
export type ResourceOrigin = {
  /** `provider:name`. */
  readonly spec: string;
  readonly config: Json | null;
  readonly identity: Json;
};

/** Opens a segment of a log. The samples after it were made by the code and the model that it names. */
export type HeaderRecord = {
  readonly type: 'header';
  /** Readers know 1 as well: there the calls of a trial were no list, but one sum. */
  readonly schema: number;
  readonly run: string;
  /** ISO 8601. */
  readonly at: string;
  /**
   * The spec file from the root of the run, the title of the evaluation, and the full name of its test, after
   * the name of its project if it has one.
   */
  readonly file: string;
  readonly title: string;
  readonly name: string;
  /** Jest's id of the project, if it has no name but is not the only one of the run; absent otherwise. */
  readonly project?: string;
  /** The label of the model; empty outside `withClient`. */
  readonly model: string;
  /** `provider:name`; null outside `withClient`. */
  readonly spec: string | null;
  readonly config: Json | null;
  /** Hash of the spec file and of its local imports. */
  readonly code: string;
  /**
   * What the answers depend on, known without starting the model: hash of the weights, version of the engine.
   */
  readonly identity: Json;
  /**
   * The other resources of the blocks around it, such as a database or a judge, from the inside out; absent
   * without any.
   */
  readonly tools?: readonly ResourceOrigin[];
  /** The instance that answered; null outside `withClient`, and if the budget was spent before it was asked. */
  readonly resource: ({ readonly resourceId: string } & SessionLease['facts']) | null;
  readonly git: EvalRun['git'];
  readonly seed: EvalRun['seed'];
  readonly packages: EvalRun['packages'];
  /** The hash is null if the rows can be read only once; the footer has the hash of what was read. */
  readonly dataset: { readonly name: string; readonly hash: string | null };
  readonly options: Readonly<Record<string, Json>>;
  /** The prices of the resources, by their labels; absent if none has one. */
  readonly prices?: Prices | undefined;
};

/** One trial of one sample, written when it ends. The last line of an id and trial counts. */
export type SampleRecord = {
  readonly type: 'sample';
  readonly id: string;
  /** From 0. */
  readonly trial: number;
  /** Position in the data set, from 0. */
  readonly index: number;
  /** File and line, for a row of a file. */
  readonly location?: string | undefined;
  readonly cluster?: string | undefined;
  /** The named columns, or the value of the only one. */
  readonly input: Json;
  readonly response?: string | undefined;
  readonly scores: readonly Score[];
  readonly metadata?: Readonly<Record<string, Json>> | undefined;
  /** What `context.log` noted. */
  readonly log?: Readonly<Record<string, Json>> | undefined;
  readonly error?: SampleError | undefined;
  /** Milliseconds since 1970, at its begin. */
  readonly at: number;
  readonly durationMs: number;
  /** The calls in the order in which they ended; absent without any. */
  readonly calls?: readonly CallRecord[] | undefined;
  /** Whether the answer, which `rescore` judged again, is a recorded one; absent otherwise. */
  readonly replayed?: true | undefined;
  /** What these calls have cost together; absent without any, and if one of them is unpriced. */
  readonly cost?: number | undefined;
  /** Messages of the infrastructure errors after which it was tried again. */
  readonly retried?: readonly string[] | undefined;
  /**
   * Whose secrets were taken out of this line, after it was scored: names of variables and resources. Absent
   * without any.
   */
  readonly redacted?: readonly string[] | undefined;
};

/** What was thrown instead of an answer. */
export type SampleError = {
  readonly kind: ErrorKind;
  readonly message: string;
  readonly code?: string;
  /**
   * The line of the user's code that has thrown it, or has called what threw it: `file:line:column`, the file
   * from the root of the run. Absent if there is none.
   */
  readonly thrownAt?: string;
};

/** One call of a model. */
export type CallRecord = CallFacts &
  CallCost & {
    /** The label of the resource that was asked; its spec if no block around the evaluation leases it. */
    readonly resource: string;
  };

/** What a call has cost. */
export type CallCost = {
  /** In the currency of the prices, by the prices of that day; absent if it is unpriced. */
  readonly cost?: number;
  /** Whether it has cost nothing because a server of the user's own has answered, whose time has no price. */
  readonly isOwnMachine?: boolean;
  /** What a replayed call, which costs nothing, would cost; absent if that is not known. */
  readonly wouldCost?: number;
};

/**
 * A call of an application to a resource of the evaluation while it ran, of which it is not known for which sample it
 * was made.
 */
export type UnattributedRecord = {
  readonly type: 'unattributed';
  readonly at: string;
  readonly call: CallRecord;
};

/** The resource died and was started again. */
export type RestartRecord = { readonly type: 'restart'; readonly at: string; readonly reason: string };

/**
 * The log was continued, and a line that was being written when its process was killed was cut from its end.
 */
export type CutRecord = { readonly type: 'cut'; readonly at: string; readonly bytes: number };

/** Closes a run over the data set. */
export type FooterRecord = {
  readonly type: 'footer';
  readonly at: string;
  /**
   * `lost`: the resource died. `stopped`: its endpoint would have answered nothing else either. `failed`: the
   * data set could not be read. `spent`: it would have cost more than it may. The samples that did not run are
   * in the summary's `notRun`.
   */
  readonly status: 'complete' | 'interrupted' | 'lost' | 'stopped' | 'failed' | 'spent';
  readonly dataset: { readonly samples: number; readonly hash: string };
  /** Ids that the log has from earlier, but that are not among the samples of this run. */
  readonly dropped: readonly string[];
  readonly summary: EvalSummary;
  /** The worst samples, 20 at most. */
  readonly worst: readonly WorstSample[];
  readonly gate: GateVerdict;
};

export type LogRecord =
  HeaderRecord | SampleRecord | UnattributedRecord | RestartRecord | CutRecord | FooterRecord;

/** A sample that deserves a look. */
export interface WorstSample {
  readonly id: string;
  readonly index: number;
  /** File and line, for a row of a file. */
  readonly location?: string;
  readonly trial: number;
  /** Cut, as are the response and the message. */
  readonly input: string;
  readonly response?: string;
  readonly scores: readonly Pick<Score, 'name' | 'value'>[];
  readonly error?: string;
  /** The user's line in the error. */
  readonly thrownAt?: string;
}
