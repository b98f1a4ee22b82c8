import { cut } from '../../base/cut';
import type { SampleRecord, WorstSample } from '../log/log-record';
import { isAtLeast } from '../statistics/rounding';

const longestText = 200;

/**
 * Keeps the worst of all trials: those with errors first, then those with the lowest scores; at most `most`.
 */
export class WorstSamples {
  readonly #most: number;
  readonly #kept: { readonly rank: number; readonly sample: WorstSample }[] = [];

  constructor(most = 20) {
    this.#most = most;
  }

  add(record: SampleRecord): void {
    const rank = rankOf(record);
    const last = this.#kept.at(-1);
    // A right answer is never among the worst. Of equal ranks the first ones are kept.
    if (isAtLeast(rank, 1) || (this.#kept.length === this.#most && last !== undefined && rank >= last.rank))
      return;
    const index = this.#kept.findIndex((kept) => kept.rank > rank);
    this.#kept.splice(index < 0 ? this.#kept.length : index, 0, { rank, sample: shorten(record) });
    if (this.#kept.length > this.#most) this.#kept.pop();
  }

  get list(): WorstSample[] {
    return this.#kept.map(({ sample }) => sample);
  }
}

/** -1 for an error, else the mean of the scores; 1 and above is right. */
function rankOf({ error, scores }: SampleRecord): number {
  if (error !== undefined) return -1;
  let [sum, count] = [0, 0];
  for (const { value } of scores) {
    if (value === null) continue;
    sum += +value;
    count += 1;
  }
  return count === 0 ? 1 : sum < 0 ? 0 : sum / count;
}

function shorten(record: SampleRecord): WorstSample {
  const { id, index, location, trial, input, response, scores, error } = record;
  return {
    id,
    index,
    ...(location === undefined ? {} : { location }),
    trial,
    input: cut(typeof input === 'string' ? input : JSON.stringify(input), longestText),
    ...(response === undefined ? {} : { response: cut(response, longestText) }),
    scores: scores.map(({ name, value }) => ({ name, value })),
    ...(error === undefined ? {} : { error: cut(error.message, longestText) }),
    ...(error?.thrownAt === undefined ? {} : { thrownAt: error.thrownAt }),
  };
}
