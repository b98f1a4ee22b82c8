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

  /** The recordings that it has to do with take over its calls. */
  commit(): void {
    for (const [recording, calls] of this.#calls) recording.replace(this.place, calls);
  }

  #callsIn(recording: Recording): CallLine[] {
    const calls = this.#calls.get(recording) ?? [];
    this.#calls.set(recording, calls);
    return calls;
  }
}
