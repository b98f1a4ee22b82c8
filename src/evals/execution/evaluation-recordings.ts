import { redact } from '../../base/secrets';
import type { EvalRun } from '../../pattern/eval-run';
import type { RecordedAttempt } from '../../pattern/recording-use';
import type { RecordedPlace, Recordings } from '../../pattern/recordings';
import { currentRuntime } from '../../pattern/runtime';
import type { AttemptRules } from './attempt';
import { placeOf, resourcesAround, type EvaluationPlan } from './evaluation-plan';
import type { TrialOutcome } from './run-trial';

/** What an evaluation records of its calls, or replays; nothing in a run that does neither. */
export class EvaluationRecordings {
  readonly #plan: EvaluationPlan;
  /** Found once: it costs more than the rest of a quick sample. */
  readonly #place: RecordedPlace | undefined;
  readonly #recordings: Recordings | undefined;
  readonly #failed: RecordedAttempt[] = [];

  constructor(plan: EvaluationPlan, run: EvalRun) {
    this.#plan = plan;
    this.#recordings = currentRuntime().recordings();
    if (this.#recordings === undefined) return;
    this.#place = placeOf(plan, run);
    this.#recordings.announce(this.#place);
  }

  /** Begins the recording of a trial's calls; undefined where there is none. */
  get begin(): AttemptRules['begin'] {
    const [recordings, place] = [this.#recordings, this.#place];
    if (recordings === undefined || place === undefined) return undefined;
    return (sample, trial) => recordings.begin({ ...place, sample: redact(sample), trial });
  }

  /** A trial has ended. What failed on the models' side is asked again in whole, and not recorded. */
  ended({ record: { error, id, trial }, recorded }: TrialOutcome): void {
    if (this.#recordings === undefined) return;
    const isWhole = error === undefined;
    if (!isWhole) this.#failed.push({ sample: redact(id), trial });
    const isKept = isWhole || error.kind === 'user' || error.kind === 'scorer';
    if (recorded && isKept) this.#recordings.commit(recorded, isWhole);
  }

  /**
   * Writes them, also those of an interrupted evaluation: a run that goes on does not call again what has been called.
   *
   * @param isWhole whether it ran to its end, and took nothing over from an earlier run.
   * @throws ModelProviderError `RECORDING_INVALID` if that cannot be written.
   */
  write(isWhole: boolean): void {
    if (this.#place === undefined) return;
    const { block, options, storedCalls } = this.#plan;
    const refs = resourcesAround(block).map(({ request }) => request);
    const isAll = options.samples === undefined && storedCalls === undefined;
    this.#recordings?.write(this.#place, refs, { isWhole: isAll && isWhole, failed: this.#failed });
  }
}
