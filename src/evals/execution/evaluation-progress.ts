import type { EvalProgress } from '../../pattern/eval-progress';

// Not the globals: tests may put fake timers in their place.
const { performance } = process.getBuiltinModule('node:perf_hooks');

const tellEveryMs = 100;

/** Counts the trials of an evaluation, and tells how far it is: at most every 100 ms, and at its end. */
export class EvaluationProgress {
  readonly #about: Pick<EvalProgress, 'id' | 'title' | 'model' | 'total'>;
  readonly #tell: (progress: EvalProgress) => void;
  #read = 0;
  #done = 0;
  #errors = 0;
  #toldAt = -Infinity;

  constructor(
    about: Pick<EvalProgress, 'id' | 'title' | 'model' | 'total'>,
    tell: (progress: EvalProgress) => void,
  ) {
    this.#about = about;
    this.#tell = tell;
  }

  /** Counts a trial that was read from the data set. */
  countRead(): void {
    this.#read += 1;
  }

  /** Counts a trial that has ended. */
  countDone(hasError: boolean): void {
    this.#done += 1;
    if (hasError) this.#errors += 1;
    const now = performance.now();
    if (now - this.#toldAt < tellEveryMs) return;
    this.#toldAt = now;
    this.#send(false);
  }

  /** Trials that have not ended: of all, or of those that were read where the data set cannot be counted. */
  get left(): number {
    return (this.#about.total ?? this.#read) - this.#done;
  }

  close(): void {
    this.#send(true);
  }

  #send(isOver: boolean): void {
    this.#tell({ ...this.#about, done: this.#done, errors: this.#errors, isOver });
  }
}
