import type { Json } from '../../pattern/json';
import type { EvalSummary } from '../eval-record';
import type { Score } from '../result';
import type { GateVerdict } from '../statistics/gate';
import type { WorstSample } from '../worst-samples';

/** The version of the lines below; a reader refuses any other. */
export const logSchema = 1;

/** What went wrong with a sample: the model's side, its time limit, the judgement, or the code of the evaluation. */
export type ErrorKind = 'infrastructure' | 'timeout' | 'scorer' | 'user';

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
  readonly schema: typeof logSchema;
  readonly run: string;
  /** ISO 8601. */
  readonly at: string;
  /** The spec file from the root of the project, the title of the evaluation, and the full name of its test. */
  readonly file: string;
  readonly title: string;
  readonly name: string;
  /** The label of the model; empty outside `withClient`. */
  readonly model: string;
  /** `provider:name`; null outside `withClient`. */
  readonly spec: string | null;
  readonly config: Json | null;
  /** Hash of the spec file and of its local imports. */
  readonly code: string;
  /** What the answers depend on, known without starting the model: hash of the weights, version of the engine. */
  readonly identity: Json;
  /** The other resources of the blocks around it, such as a database or a judge, from the inside out; absent without any. */
  readonly tools?: readonly ResourceOrigin[];
  /** The instance that answered; null outside `withClient`. */
  readonly resource: {
    readonly resourceId: string;
    readonly command: string | null;
    readonly startMs: number;
  } | null;
  readonly git: { readonly commit: string; readonly dirty: boolean } | null;
  readonly seed: number;
  /** Versions of Node, of this package and of Jest. */
  readonly packages: Readonly<Record<string, string>>;
  /** The hash is null if the rows can be read only once; the footer has the hash of what was read. */
  readonly dataset: { readonly name: string; readonly hash: string | null };
  readonly options: Readonly<Record<string, Json>>;
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
  readonly error?: { readonly kind: ErrorKind; readonly message: string; readonly code?: string } | undefined;
  /** Milliseconds since 1970, at its begin. */
  readonly at: number;
  readonly durationMs: number;
  /** What the built-in clients noted of their calls; absent without any. */
  readonly calls?:
    | {
        readonly count: number;
        readonly latencyMs: number;
        readonly promptTokens: number;
        readonly completionTokens: number;
      }
    | undefined;
  /** Messages of the infrastructure errors after which it was tried again. */
  readonly retried?: readonly string[] | undefined;
};

/** The resource died and was started again. */
export type RestartRecord = { readonly type: 'restart'; readonly at: string; readonly reason: string };

/** The log was continued, and a line that was being written when its process was killed was cut from its end. */
export type CutRecord = { readonly type: 'cut'; readonly at: string; readonly bytes: number };

/** Closes a run over the data set. */
export type FooterRecord = {
  readonly type: 'footer';
  readonly at: string;
  /** `lost`: the resource died. `failed`: the data set could not be read. The samples that did not run are in the summary's `notRun`. */
  readonly status: 'complete' | 'interrupted' | 'lost' | 'failed';
  readonly dataset: { readonly samples: number; readonly hash: string };
  /** Ids that the log has from earlier, but that are not among the samples of this run. */
  readonly dropped: readonly string[];
  readonly summary: EvalSummary;
  /** The worst samples, 20 at most. */
  readonly worst: readonly WorstSample[];
  readonly gate: GateVerdict;
};

export type LogRecord = HeaderRecord | SampleRecord | RestartRecord | CutRecord | FooterRecord;
