/** How far an evaluation is. JSON, because it is sent to the main process. */
export type EvalProgress = {
  /** Identifies the evaluation within the run. */
  readonly id: string;
  readonly title: string;
  readonly model: string;
  /** Trials that have ended. */
  readonly done: number;
  /** The number of all trials; null if the data set cannot be counted beforehand. */
  readonly total: number | null;
  readonly errors: number;
  readonly isOver: boolean;
};
