/** An attempt of a trial, by what calls of it are recorded under. JSON. */
export type RecordedAttempt = { readonly sample: string; readonly trial: number };

/** What a spec file has used of the recordings beside it. JSON. */
export type RecordingUse = {
  /** The keys of the resources that it has leased. */
  readonly leased: readonly string[];
  /** Those that have ended. */
  readonly evaluations: readonly { readonly name: string; readonly isWhole: boolean }[];
  /** The names of the files, with the attempts whose calls each of them has. */
  readonly used: Readonly<Record<string, readonly RecordedAttempt[]>>;
};
