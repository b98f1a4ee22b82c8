import { answerEnd } from '../../answers/finish-reason';
import type { AnswerSummary } from '../log/eval-summary';
import type { CallRecord } from '../log/log-record';

/** Counts the samples with an answer that is none, or not all of it. It holds the numbers of such samples. */
export class AnswerCounts {
  readonly #cut = new Set<number>();
  readonly #filtered = new Set<number>();
  readonly #refused = new Set<number>();
  readonly #empty = new Set<number>();

  add(sample: number, { finishReason, isEmpty, isRefused }: CallRecord): void {
    const end = answerEnd(finishReason);
    if (end === 'cut') this.#cut.add(sample);
    if (end === 'filtered') this.#filtered.add(sample);
    if (end === 'refused' || isRefused === true) this.#refused.add(sample);
    if (isEmpty === true) this.#empty.add(sample);
  }

  get summary(): AnswerSummary {
    return {
      cut: this.#cut.size,
      filtered: this.#filtered.size,
      refused: this.#refused.size,
      empty: this.#empty.size,
    };
  }
}
