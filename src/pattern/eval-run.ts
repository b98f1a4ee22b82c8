import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The run whose logs evaluations write: what all of them have in common. JSON, as it crosses to workers. */
export type EvalRun = {
  /** Its name: that of `EVALS_RUN`, or of the time at which it began. */
  readonly run: string;
  /** Absolute path of `.evals/<run>`, which the first log makes. */
  readonly directory: string;
  /** Absolute path from which logs name files. */
  readonly root: string;
  /** Null outside a repository. */
  readonly git: { readonly commit: string; readonly dirty: boolean } | null;
  /** Jest's seed. */
  readonly seed: number;
  /** Versions of Node, Jest and this package. */
  readonly packages: Readonly<Record<string, string>>;
  /** Which finished samples run again, `EVALS_RERUN`. */
  readonly rerun: 'errors' | 'failed' | 'all' | null;
  /** How many samples of each data set run, `EVALS_SAMPLES`. */
  readonly samples: number | null;
  /** The labels of the models that run, `EVALS_MODELS`; all if null. */
  readonly models: readonly string[] | null;
};

/** Makes a run's directory. What lies in `.evals` is nothing to commit, so git is told to ignore it. */
export function makeRunDirectory({ directory }: EvalRun): void {
  const isNew = mkdirSync(directory, { recursive: true }) !== undefined;
  if (isNew) writeFileSync(join(dirname(directory), '.gitignore'), '*\n');
}
