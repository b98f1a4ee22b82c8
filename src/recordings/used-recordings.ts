import { basename } from '../base/path';
import type { RecordedAttempt, RecordingUse } from '../pattern/recording-use';
import type { EvaluationEnd, RecordedPlace } from '../pattern/recordings';

/** Which recordings a spec file has used, whether they were replayed or made. */
export class UsedRecordings {
  readonly #leased = new Set<string>();
  readonly #evaluations = new Map<string, boolean>();
  /** By path, and in it by attempt. */
  readonly #used = new Map<string, Map<string, RecordedAttempt>>();

  /** @param key of a resource. */
  leased(key: string): void {
    this.#leased.add(key);
  }

  called(path: string, { sample, trial = 0 }: RecordedPlace): void {
    this.#use(path, sample === undefined ? [] : [{ sample, trial }]);
  }

  /** @param paths of the recordings that the evaluation has, though nothing may be called. */
  ended(name: string, paths: readonly string[], { isWhole, failed }: EvaluationEnd): void {
    this.#evaluations.set(name, isWhole);
    // What has failed may have been about to call.
    for (const path of paths) this.#use(path, failed);
  }

  get use(): RecordingUse {
    return {
      leased: [...this.#leased],
      evaluations: [...this.#evaluations].map(([name, isWhole]) => ({ name, isWhole })),
      used: Object.fromEntries(
        [...this.#used].map(([path, attempts]) => [basename(path), [...attempts.values()]]),
      ),
    };
  }

  #use(path: string, attempts: readonly RecordedAttempt[]): void {
    const used = this.#used.get(path) ?? new Map<string, RecordedAttempt>();
    for (const attempt of attempts) used.set(JSON.stringify([attempt.sample, attempt.trial]), attempt);
    this.#used.set(path, used);
  }
}
