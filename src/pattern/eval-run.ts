import type { Prices } from './prices';
import type { IgnoredPart, RecordingMode } from './recording-mode';

/** Of which trials it is kept what was said in their calls: of all, of those that failed, or of none. */
export type TranscriptMode = (typeof transcriptModes)[number];

export const transcriptModes = ['all', 'failed', 'none'] as const;

/** What the evaluations of one run have in common. JSON, because it is sent to workers. */
export type EvalRun = {
  /** The name of the run: the value of `EVALS_RUN`, or made from the time at which the run began. */
  readonly run: string;
  /** Absolute path of `.evals/<run>`; the first log creates it. */
  readonly directory: string;
  /** Absolute path to which the paths of files in logs are relative. */
  readonly root: string;
  /** Null outside a repository. */
  readonly git: { readonly commit: string; readonly dirty: boolean } | null;
  /** Jest's seed. */
  readonly seed: number;
  /** Versions of Node, Jest and this package. */
  readonly packages: Readonly<Record<string, string>>;
  /** Which finished samples run again, `EVALS_RERUN`. */
  readonly rerun: 'errors' | 'failed' | 'all' | null;
  /** How many samples of each data set run, `EVALS_SAMPLES`; all if null. */
  readonly samples: number | null;
  /** Labels of the models that run, `EVALS_MODELS`; all if null. */
  readonly models: readonly string[] | null;
  readonly prices: Prices;
  /** What the calls of the run may cost; null without a limit. */
  readonly maxCost: {
    readonly amount: number;
    /** Whether it takes the place of those of the evaluations, as `EVALS_MAX_COST` does. */
    readonly isOnly: boolean;
  } | null;
  /** Of which trials transcripts are kept; null if nothing says it. */
  readonly transcripts: {
    readonly mode: TranscriptMode;
    /** Whether it takes the place of what the evaluations say, as `EVALS_TRANSCRIPTS` does. */
    readonly isOnly: boolean;
  } | null;
  /** What becomes of recordings, and what of requests they pass over. */
  readonly recordings: { readonly mode: RecordingMode; readonly ignore: readonly IgnoredPart[] };
};
