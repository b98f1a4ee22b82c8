import type { SerializedError } from '../base/errors';
import type { RecordedPlace, RecordedWork } from '../pattern/recordings';
import type { CallLine } from './recording-lines';
import type { Recording } from './recording';

/** The calls of one attempt of a trial, or of one test. */
export class Work implements RecordedWork {
  readonly place: RecordedPlace;
  miss: SerializedError | undefined;
  readonly #counts = new Map<string, number>();
  readonly #calls = new Map<Recording, CallLine[]>();

  constructor(place: RecordedPlace) {
    this.place = place;
  }

  /** Which of the equal calls the next one is, from 0. */
  count(recording: Recording, key: string): number {
    this.#callsIn(recording);
    const n = this.#counts.get(key) ?? 0;
    this.#counts.set(key, n + 1);
    return n;
  }

  add(recording: Recording, call: CallLine): void {
    this.#callsIn(recording).push(call);
  }

  /**
   * The recordings that it has to do with take over its calls.
   *
   * @param isWhole whether it has made them all.
   */
  commit(isWhole: boolean): void {
    for (const [recording, calls] of this.#calls) recording.replace(this.place, counted(calls), isWhole);
  }

  #callsIn(recording: Recording): CallLine[] {
    const calls = this.#calls.get(recording) ?? [];
    this.#calls.set(recording, calls);
    return calls;
  }
}

/** Numbered anew: a call whose answer was not kept, such as one that was tried again, is not made in replay. */
function counted(calls: readonly CallLine[]): CallLine[] {
  const counts = new Map<string, number>();
  return [...calls]
    .sort((a, b) => a.n - b.n)
    .map((call) => {
      const n = counts.get(call.key) ?? 0;
      counts.set(call.key, n + 1);
      return { ...call, n };
    });
}
